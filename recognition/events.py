"""The audit trail's one way in."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from recognition.models import Event


def record_event(
    *, verb: str, subject: models.Model, actor: AbstractBaseUser | None = None, **data: Any
) -> Event:
    """Add one line to the audit trail; call it in the transaction of what it tells of."""
    return Event.objects.create(
        actor_id=actor.pk if actor else None,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        data=data,
    )
