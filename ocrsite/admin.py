"""Accounts, groups, API tokens and sign-in failures in Django's admin."""

from typing import TYPE_CHECKING, Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.authtoken.models import Token, TokenProxy

from recognition.admin_base import ManagedAdmin, ReadOnlyAdmin
from recognition.models import DocumentType
from recognition.querysets import ADMIN_GROUP, REVIEWER_GROUP

if TYPE_CHECKING:
    UserAdminBase = UserAdmin[User]
else:
    UserAdminBase = UserAdmin  # takes no type parameter when the site runs

for model in (User, Group, TokenProxy, AccessAttempt, AccessFailureLog, AccessLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class AccountAdmin(ManagedAdmin, UserAdminBase):
    """People. Only a superuser may touch superusers, or make one."""

    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser")
    list_filter = ("groups", "is_active", "is_superuser")
    filter_horizontal = ("groups",)
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows if may_everything(request) else rows.filter(is_superuser=False)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        rights = ("is_active", "is_superuser") if may_everything(request) else ("is_active",)
        return (
            (None, {"fields": ("username", "password")}),
            ("Person", {"fields": ("first_name", "last_name", "email")}),
            ("Rights", {"fields": (*rights, "groups")}),
            ("Dates", {"fields": ("last_login", "date_joined")}),
        )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are switched off, never deleted: labels and events name them."""
        return False


@admin.register(Group)
class PeopleGroupAdmin(ManagedAdmin, GroupAdmin):
    """`Admin`, `Reviewer`, and the groups that document types are restricted to."""

    fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """The two groups that the site knows by name keep it."""
        return ("name",) if obj and obj.name in (ADMIN_GROUP, REVIEWER_GROUP) else ()

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """A group that restricts a document type goes last, or the type would open to everyone."""
        free = obj is not None and obj.name not in (ADMIN_GROUP, REVIEWER_GROUP)
        unused = obj is not None and not DocumentType.objects.filter(groups=obj).exists()
        return free and unused and super().has_delete_permission(request, obj)


@admin.register(TokenProxy)
class ApiTokenAdmin(ManagedAdmin):
    """Tokens of the REST API: whose, since when, and taken away. The token itself is not shown."""

    list_display = ("user", "created")
    search_fields = ("user__username",)
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "created")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        rows = super().get_queryset(request)
        return rows if may_everything(request) else rows.filter(user__is_superuser=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People fetch their own, with their password."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False


@admin.register(AccessAttempt)
class FailedSignInAdmin(ManagedAdmin):
    """Failed sign-ins that count towards a pause; deleting one lets the person in again."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start")
    search_fields = ("username", "ip_address")
    fields = readonly_fields = (
        "attempt_time",
        "username",
        "ip_address",
        "user_agent",
        "path_info",
        "failures_since_start",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessLog)
class SignInAdmin(ReadOnlyAdmin):
    """Who signed in, when and from where."""

    list_display = ("attempt_time", "logout_time", "username", "ip_address")
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
    fields = ("attempt_time", "logout_time", "username", "ip_address", "user_agent", "path_info")


def may_everything(request: HttpRequest) -> bool:
    """Whether superusers are within reach of who asks."""
    return bool(getattr(request.user, "is_superuser", False))
