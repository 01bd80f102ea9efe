"""Document types, made and changed on the record."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, Group
from django.db import transaction

from recognition.events import record_event
from recognition.models import DocumentType


@transaction.atomic
def save_type(
    document_type: DocumentType, *, groups: Iterable[Group], actor: AbstractBaseUser
) -> DocumentType:
    """Store a new or changed type with the groups that may see it.

    The trail tells every value that changed, the old and the new.
    """
    before = _policy(document_type.pk) if document_type.pk else {}
    document_type.save()
    document_type.groups.set(groups)
    after = _policy(document_type.pk)
    changed = {
        name: [before.get(name), value]
        for name, value in after.items()
        if before.get(name) != value
    }
    if changed:
        verb = "change" if before else "create"
        record_event(verb=verb, subject=document_type, actor=actor, changed=changed)
    return document_type


def _policy(pk: int) -> dict[str, Any]:
    """What the trail keeps of a stored type."""
    stored = DocumentType.objects.get(pk=pk)
    names = (
        "name", "description", "threshold", "accuracy_target", "audit_rate", "priority",
        "second_review_rate", "second_review_below", "second_review_blind", "plant_rate",
        "character_set", "random_share", "longest_wait_days",
    )  # fmt: skip
    return {
        **{name: getattr(stored, name) for name in names},
        "groups": sorted(stored.groups.values_list("name", flat=True)),
    }
