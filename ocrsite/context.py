"""What every page's navigation needs."""

from django.http import HttpRequest

from recognition.querysets import ADJUDICATOR_GROUP, ADMIN_GROUP


def navigation(request: HttpRequest) -> dict[str, object]:
    """`is_admin`, `may_adjudicate`: whether to show what only these may open. One query."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.is_active:
        return {"is_admin": False, "may_adjudicate": False}
    groups = set() if user.is_superuser else set(user.groups.values_list("name", flat=True))
    admin = user.is_superuser or ADMIN_GROUP in groups
    return {"is_admin": admin, "may_adjudicate": admin or ADJUDICATOR_GROUP in groups}
