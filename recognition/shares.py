"""Numbers from 0 to 1: how a form checks them, and how the database does."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


def is_share(field: str) -> Q:
    """The condition 0 <= field <= 1."""
    return Q(**{f"{field}__gte": 0.0, f"{field}__lte": 1.0})
