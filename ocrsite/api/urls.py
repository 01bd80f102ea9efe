"""Addresses of the REST API."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from ocrsite.api.router import router
from ocrsite.api.views import DocsView, NothingHereView, TokenView
from recognition.api import PageImageView

v1: list[URLPattern | URLResolver] = [
    path("token/", TokenView.as_view(), name="api-token"),
    path("pages/<int:page_id>/image/", PageImageView.as_view(), name="api-page-image"),
    path("", include(router.urls)),
]

urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path("", NothingHereView.as_view(), name="api-nothing"),
]
