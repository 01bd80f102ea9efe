"""Misconfiguration told at start, with a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution


@register()
def database_is_postgresql(**_: Any) -> list[CheckMessage]:
    """Leases need `SKIP LOCKED`, which other databases drop in silence."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine == "django.db.backends.postgresql":
        return []
    return [
        Error(
            f"The database engine is {engine}; this site needs PostgreSQL.",
            hint="Set DATABASE_URL to postgres://..., or start with bin/up.",
            id="ocrsite.E001",
        )
    ]


@register()
def leases_outlast_tasks(**_: Any) -> list[CheckMessage]:
    """A page's lease must be longer than the task that reads it may take."""
    if settings.READ_LEASE_SECONDS > settings.CELERY_TASK_TIME_LIMIT:
        return []
    return [
        Error(
            "READ_LEASE_SECONDS is not longer than CELERY_TASK_TIME_LIMIT.",
            hint="A page still being read would be given to a second worker.",
            id="ocrsite.E002",
        )
    ]


@register()
def visibility_outlasts_training(**_: Any) -> list[CheckMessage]:
    """Redis delivers an unacknowledged message again after its visibility timeout."""
    timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if timeout > settings.TRAIN_MAX_SECONDS:
        return []
    return [
        Error(
            "The broker's visibility_timeout is not longer than TRAIN_MAX_SECONDS.",
            hint="A running training would be delivered a second time.",
            id="ocrsite.E003",
        )
    ]


@register()
def policy_forbids_inline_scripts(**_: Any) -> list[CheckMessage]:
    """One `unsafe-` source would undo what every template is written for."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    loose = sorted(
        name
        for name, sources in directives.items()
        if any("unsafe-" in str(source) for source in sources)
    )
    if not loose:
        return []
    return [
        Error(
            f"The content security policy allows unsafe sources in {', '.join(loose)}.",
            hint="Move the script or style into a file under static/.",
            id="ocrsite.E004",
        )
    ]


@register()
def passwords_travel_encrypted(**_: Any) -> list[CheckMessage]:
    """A site that others reach by a name should be reached by TLS alone."""
    here = {"127.0.0.1", "localhost", "[::1]"}
    elsewhere = sorted(set(settings.ALLOWED_HOSTS) - here)
    if settings.HTTPS or not elsewhere:
        return []
    return [
        Caution(
            f"The site answers to {', '.join(elsewhere)} without TLS.",
            hint="Put a proxy with TLS before it and set HTTPS=1; see docs/security.md.",
            id="ocrsite.W001",
        )
    ]
