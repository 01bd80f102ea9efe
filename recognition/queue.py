"""Handing work to Celery after commit, so that a broker that is down loses nothing.

The row is the work; the message only says "look now". Where the message cannot be sent, the row is
marked as never queued and the sweep sends it again.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import InterfaceError, models, transaction
from django.db import OperationalError as DatabaseDown
from kombu.exceptions import OperationalError as BrokerDown

logger = logging.getLogger(__name__)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""`queued_at` of a row whose message could not be sent."""

PATIENCE = timedelta(minutes=15)
"""How long a sent message may take to be worked on before it counts as lost."""

TRANSIENT = (DatabaseDown, InterfaceError)
"""The database is restarting or unreachable: the task is tried again, the row stays as it is."""

SWEEP_LIMIT = 500
"""Rows of a kind that one sweep sends again, so that a sweep stays short."""


def token_of(delivery: str | None) -> UUID | None:
    """The lease token of one message, which is its task's id.

    A message delivered again, because its worker was killed or its task is tried again, so comes
    with the token of the lease it left behind and takes the row over at once. Should both workers
    live, the first result is stored and the other finds the lease gone. None for no task.
    """
    try:
        return UUID(delivery) if delivery else None
    except ValueError:  # another client chose the id
        return None


def enqueue(task: str, rows: Sequence[models.Model], *args: Any) -> None:
    """After commit, send `task` once for each row, with its primary key and `args`.

    The rows' model has a field `queued_at`.
    """
    if rows:
        transaction.on_commit(lambda: _send(task, rows, args))


def _send(task: str, rows: Sequence[models.Model], args: tuple[Any, ...]) -> None:
    for index, row in enumerate(rows):
        try:
            current_app.send_task(task, args=[row.pk, *args])
        except BrokerDown as error:
            unsent = [row.pk for row in rows[index:]]
            logger.warning("The broker is down (%s): %d of %s wait.", error, len(unsent), task)
            type(row)._default_manager.filter(pk__in=unsent).update(queued_at=NEVER)
            return
