"""The column that names the character set something was read with, and what it may hold."""

from typing import Any

from django.db import models
from django.db.models import Q

from recognition.character_sets import CHOICES, CharacterSet


def character_set_field(help_text: str) -> Any:
    """A character set by name; all that the model knows where nothing is said."""
    return models.CharField(
        max_length=20, choices=CHOICES, default=CharacterSet.FULL.value, help_text=help_text
    )


def character_set_known(name: str) -> models.CheckConstraint:
    """No row names a set that there is not."""
    return models.CheckConstraint(
        name=name, condition=Q(character_set__in=[each.value for each in CharacterSet])
    )
