"""Misconfiguration is told at start."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings


def told() -> set[str | None]:
    return {message.id for message in run_checks() if str(message.id).startswith("ocrsite.")}


def test_the_settings_as_they_come_are_sound(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]  # the test runner adds its own
    assert told() == set()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}, "ocrsite.E001"),
        ("READ_LEASE_SECONDS", 10, "ocrsite.E002"),
        ("CELERY_BROKER_TRANSPORT_OPTIONS", {"visibility_timeout": 60}, "ocrsite.E003"),
        (
            "CONTENT_SECURITY_POLICY",
            {"DIRECTIVES": {"script-src": ["'self'", "'unsafe-inline'"]}},
            "ocrsite.E004",
        ),
        ("ALLOWED_HOSTS", ["ocr.example.org"], "ocrsite.W001"),
    ],
)
def test_what_would_break_in_silence_is_told(
    settings: Settings, name: str, value: Any, code: str
) -> None:
    setattr(settings, name, value)
    assert code in told()


def test_tls_before_a_public_name_is_enough(settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.HTTPS = ["ocr.example.org"], True
    assert "ocrsite.W001" not in told()
