"""How a row is attacked, and rows to attack."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.models import Model

from recognition.models import (
    Line,
    Prediction,
)
from review.models import (
    Label,
)
from tests.factories import (
    make_page,
)


def breaks(constraint: str, action: Callable[[], Any]) -> None:
    """`action` must be refused by this very constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        action()


def protected(row: Model, **change: Any) -> None:
    """A trigger must refuse both a change of `row` and its deletion, whoever asks."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        rows.update(**change)
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        rows._raw_delete(rows.db)  # type: ignore[attr-defined]  # past Django's own protection


def copy_of(row: Model, **change: Any) -> Model:
    """The row again, as a new one, with other values."""
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{**{name: getattr(row, name) for name in names}, **change})


def update(row: Model, **change: Any) -> Callable[[], Any]:
    return lambda: type(row)._default_manager.filter(pk=row.pk).update(**change)


def insert(row: Model, **change: Any) -> Callable[[], Any]:
    return lambda: type(row)._default_manager.bulk_create([copy_of(row, **change)])


def first_line() -> Line:
    return Line.objects.filter(page=make_page())[0]


def first_prediction() -> Prediction:
    return Prediction.objects.filter(line__page=make_page())[0]


def first_label() -> Label:
    return Label.objects.filter(line__page=make_page(status="reviewed"))[0]
