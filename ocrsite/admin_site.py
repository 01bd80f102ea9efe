"""Django's admin pages as a whole: who may open them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from recognition.querysets import is_admin

View = TypeVar("View", bound=Callable[..., Any])


class AdminSite(admin.AdminSite):
    """Open to superusers and to the group Admin: one rule, and one sign-in page."""

    site_header = site_title = "OCR review"
    index_title = "Administration"

    def has_permission(self, request: HttpRequest) -> bool:
        return is_admin(request.user)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """As Django's, but a person without the right is told so, not asked to sign in again."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return cast(View, checked)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """To the site's own sign-in page: passwords are typed, and throttled, in one place."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
