"""The nightly job's row in the scheduler's table."""

from typing import Any

from django.db import migrations


def add_nightly(apps: Any, schema_editor: Any) -> None:
    """At two in the morning, UTC until an admin says otherwise."""
    crontab, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="0", hour="2", day_of_week="*", day_of_month="*", month_of_year="*"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        name="nightly training",
        defaults={"task": "training.tasks.request_nightly_runs", "crontab": crontab},
    )


def remove_nightly(apps: Any, schema_editor: Any) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(
        name="nightly training"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0001_initial"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(add_nightly, remove_nightly)]
