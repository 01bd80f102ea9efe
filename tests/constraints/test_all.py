"""No constraint without its attack, and the triggers are where they should be."""

from pathlib import Path

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_no_named_constraint_of_these_apps_is_left_out_here() -> None:
    """A new constraint needs its attack: a file here must name it."""
    from django.apps import apps

    text = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))
    names = {
        constraint.name
        for label in ("recognition", "review")
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    }
    assert not {name for name in names if name not in text}


def test_the_triggers_are_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%%'")
        assert cursor.fetchone()[0] >= 14
