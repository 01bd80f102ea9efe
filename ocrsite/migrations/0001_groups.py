"""The two groups that the site knows by name."""

from django.db import migrations

NAMES = ("Admin", "Reviewer")


def make_groups(apps, schema_editor):
    """Idempotent: a group that is there already is left with its members."""
    group = apps.get_model("auth", "Group")
    for name in NAMES:
        group.objects.get_or_create(name=name)


def drop_empty_groups(apps, schema_editor):
    """Groups with members, or that may see a document type, stay: they hold a person's decision."""
    group = apps.get_model("auth", "Group")
    group.objects.filter(name__in=NAMES, user=None, document_types=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("recognition", "0001_initial"),
    ]

    operations = [migrations.RunPython(make_groups, drop_empty_groups)]
