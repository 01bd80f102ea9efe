"""The site's addresses."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, register_converter

from ocrsite import health, views
from ocrsite.sign_in import SignInView
from recognition.converters import ThemeConverter

register_converter(ThemeConverter, "theme")

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("admin/", admin.site.urls),
    path("api/", include("ocrsite.api.urls")),
    path("", include("recognition.urls")),
    path("", include("review.urls")),
    path("", include("training.urls")),
]
