"""When the nightly job runs: a row of the scheduler's own table, so that an admin can move it."""

from datetime import time

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from recognition.events import record_event

TASK = "training.tasks.request_nightly_runs"
NAME = "nightly training"
DEFAULT_TIME = time(2, 0)


def nightly_task() -> PeriodicTask:
    """The schedule's row, made at the default hour where there is none yet."""
    found: PeriodicTask | None = (
        PeriodicTask.objects.select_related("crontab").filter(name=NAME).first()
    )
    if found is not None:
        return found
    task, _ = PeriodicTask.objects.get_or_create(
        name=NAME, defaults={"task": TASK, "crontab": _crontab(DEFAULT_TIME)}
    )
    return task


def nightly_time() -> time:
    """The local time of day at which the nightly job starts."""
    crontab = nightly_task().crontab
    return time(int(crontab.hour), int(crontab.minute)) if crontab else DEFAULT_TIME


@transaction.atomic
def set_nightly(*, at: time, enabled: bool, actor: AbstractBaseUser | None) -> PeriodicTask:
    """Move the nightly job to another time of day, or stop it."""
    task = nightly_task()
    task.crontab = _crontab(at)
    task.enabled = enabled
    task.save()
    record_event(
        verb="schedule", subject=task, actor=actor, at=at.isoformat("minutes"), enabled=enabled
    )
    return task


def _crontab(at: time) -> CrontabSchedule:
    crontab, _ = CrontabSchedule.objects.get_or_create(
        minute=str(at.minute),
        hour=str(at.hour),
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone=settings.TIME_ZONE,
    )
    return crontab
