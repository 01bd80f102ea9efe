"""What the admin pages of every app are built on."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from recognition.querysets import is_admin

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # takes no type parameter when the site runs


class ManagedAdmin(ModelAdmin):
    """Pages that every admin of the product may use; Django's own permission rows play no part."""

    show_full_result_count = False  # counting a large table is slow, and tells nobody anything

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_admin(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_admin(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request.user)


class ReadOnlyAdmin(ManagedAdmin):
    """Pages to look at: what is append-only, or written by services alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
