"""What every page's navigation needs."""

from functools import cache, partial

from django.http import HttpRequest

from recognition.querysets import is_admin, may_adjudicate
from review.proposals.lists import offered_count
from training.models import AccuracyAlert


def navigation(request: HttpRequest) -> dict[str, object]:
    """`is_admin`, `may_adjudicate`: whether to show what only these may open. One query.

    `open_alerts` counts what waits for an admin, and `open_proposals` the sets that the user can
    answer, once and when a template asks: pages without the navigation ask nothing.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_active:
        return {"is_admin": False, "may_adjudicate": False}
    return {
        "is_admin": is_admin(user),
        "may_adjudicate": may_adjudicate(user),
        "open_alerts": AccuracyAlert.objects.open().count,
        "open_proposals": cache(partial(offered_count, user)),
    }
