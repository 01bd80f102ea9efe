"""The groups that the site knows by name."""

from typing import Any

from django.apps import apps as current
from django.apps.registry import Apps

from recognition.querysets import ADJUDICATOR_GROUP, ADMIN_GROUP, REVIEWER_GROUP


def make_groups(*, using: str, apps: Apps = current, **rest: Any) -> None:
    """Make the groups where they are missing: after every `migrate`, and after a `flush`.

    `apps` is how the models looked at that migration; a `flush` names none.
    """
    try:
        group = apps.get_model("auth", "Group")
    except LookupError:  # migrated back to before there were groups
        return
    for name in (ADMIN_GROUP, REVIEWER_GROUP, ADJUDICATOR_GROUP):
        group.objects.using(using).get_or_create(name=name)
