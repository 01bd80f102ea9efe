"""Who may do what over the API; who may see what is decided by `visible_to`."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from recognition.querysets import is_admin


class IsAdmin(BasePermission):
    """Superusers and the group Admin."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_admin(request.user)


class IsAdminOrReads(BasePermission):
    """Everybody who is signed in may look; admins may change."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            return bool(request.user and request.user.is_authenticated)
        return is_admin(request.user)
