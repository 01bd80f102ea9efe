"""What every page's navigation needs."""

from django.http import HttpRequest

from recognition.querysets import is_admin


def navigation(request: HttpRequest) -> dict[str, object]:
    """`is_admin`: whether to show what only admins may open."""
    user = getattr(request, "user", None)
    return {"is_admin": user is not None and is_admin(user)}
