# Pages are reviewed in the order of what that is worth, and some by chance: in three steps, so
# that rows of before get the arm and the random number that `recognition.chance` gives a page.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What waits keeps its order (by key, as all turns are alike) until the sweep has found its worth.
DRAW = """
UPDATE review_reviewtask AS task SET
    arm = CASE WHEN made.arm < document_type.random_share THEN 'random' ELSE 'value' END,
    draw = made.draw,
    turn = 0,
    value = 0
FROM recognition_documenttype AS document_type, (
    SELECT id,
        ('x' || left(encode(sha256(convert_to('arm:' || page_id, 'UTF8')), 'hex'), 13))
            ::bit(52)::bigint / 4503599627370496.0::float8 AS arm,
        ('x' || left(encode(sha256(convert_to('draw:' || page_id, 'UTF8')), 'hex'), 13))
            ::bit(52)::bigint / 4503599627370496.0::float8 AS draw
    FROM review_reviewtask
) AS made
WHERE made.id = task.id AND document_type.id = task.document_type_id AND task.kind <> 'decide';
UPDATE review_reviewtask SET arm = 'random', draw = 0, turn = 0, value = 0 WHERE arm IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0010_queue_policy"),
        ("review", "0011_proposals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="QueueFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line_seconds", models.FloatField(help_text="Of a reviewer, for a line.")),
                (
                    "error_seconds",
                    models.FloatField(help_text="Of a reviewer, for a wrong character."),
                ),
                (
                    "wrong",
                    models.FloatField(help_text="Characters corrected for each that was expected."),
                ),
                ("pages", models.PositiveIntegerField(help_text="Done pages that were measured.")),
                (
                    "waiting",
                    models.JSONField(
                        default=dict, help_text="Doubt on waiting pages, by character."
                    ),
                ),
                (
                    "labelled",
                    models.JSONField(
                        default=dict, help_text="Doubt that labels settled, likewise."
                    ),
                ),
                (
                    "scale",
                    models.JSONField(
                        default=list, help_text="Quantiles of the waiting pages' values."
                    ),
                ),
                (
                    "draws",
                    models.JSONField(default=list, help_text="Quantiles of their random numbers."),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "queue figures",
            },
        ),
        migrations.RemoveIndex(
            model_name="reviewtask",
            name="task_queue",
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="arm",
            field=models.CharField(
                choices=[("value", "By value"), ("random", "Drawn at random")],
                null=True,
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="corrected",
            field=models.PositiveIntegerField(
                blank=True, help_text="Characters changed by the person who did it.", null=True
            ),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="draw",
            field=models.FloatField(
                null=True,
                help_text="The page's random number, which places what is not placed by value.",
            ),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="expected_errors",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="expected_seconds",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="late_since",
            field=models.DateTimeField(
                blank=True,
                help_text="Since when it waits, once that is longer than it should.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="turn",
            field=models.FloatField(
                null=True, help_text="The higher, the sooner: the value, or chance."
            ),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="value",
            field=models.FloatField(
                null=True, help_text="Errors that reviewing it is expected to remove, per second."
            ),
        ),
        migrations.AddField(
            model_name="reviewtask",
            name="valued_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(DRAW, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="reviewtask",
            name="arm",
            field=models.CharField(
                choices=[("value", "By value"), ("random", "Drawn at random")],
                default="random",
                max_length=6,
            ),
        ),
        migrations.AlterField(
            model_name="reviewtask",
            name="draw",
            field=models.FloatField(
                default=0.0,
                help_text="The page's random number, which places what is not placed by value.",
            ),
        ),
        migrations.AlterField(
            model_name="reviewtask",
            name="turn",
            field=models.FloatField(
                default=0.0, help_text="The higher, the sooner: the value, or chance."
            ),
        ),
        migrations.AlterField(
            model_name="reviewtask",
            name="value",
            field=models.FloatField(
                default=0.0, help_text="Errors that reviewing it is expected to remove, per second."
            ),
        ),
        migrations.AddIndex(
            model_name="reviewtask",
            index=models.Index(
                models.OrderBy(models.F("priority"), descending=True),
                models.F("late_since"),
                models.OrderBy(models.F("turn"), descending=True),
                models.F("id"),
                condition=models.Q(("status__in", ["waiting", "held"])),
                name="task_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewtask",
            index=models.Index(
                condition=models.Q(("late_since__isnull", True), ("status", "waiting")),
                fields=["document_type", "created_at"],
                name="task_not_late_yet",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewtask",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["document_type", "valued_at"],
                name="task_valued_at",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewtask",
            index=models.Index(
                condition=models.Q(("corrected__isnull", False), ("status", "done")),
                fields=["document_type", "done_at"],
                name="task_done_by_arm",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("value__gte", 0.0),
                    ("value__lte", 1000000000.0),
                    ("turn__gte", 0.0),
                    ("turn__lte", 1000000000.0),
                    models.Q(
                        ("expected_errors__isnull", True),
                        models.Q(
                            ("expected_errors__gte", 0.0), ("expected_errors__lte", 1000000000.0)
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("expected_seconds__isnull", True),
                        models.Q(
                            ("expected_seconds__gte", 0.0), ("expected_seconds__lte", 1000000000.0)
                        ),
                        _connector="OR",
                    ),
                ),
                name="task_value_is_finite",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("arm__in", ["value", "random"]), ("draw__gte", 0.0), ("draw__lt", 1.0)
                ),
                name="task_arm_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("corrected__isnull", True), ("status", "done"), _connector="OR"
                ),
                name="task_corrected_once_done",
            ),
        ),
        migrations.AddField(
            model_name="queuefigures",
            name="document_type",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="queue_figures",
                to="recognition.documenttype",
            ),
        ),
        migrations.AddConstraint(
            model_name="queuefigures",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("error_seconds__gt", 0.0),
                    ("error_seconds__lte", 1000000000.0),
                    ("line_seconds__gt", 0.0),
                    ("line_seconds__lte", 1000000000.0),
                    ("wrong__gt", 0.0),
                    ("wrong__lte", 1000000000.0),
                ),
                name="figures_are_positive_and_finite",
            ),
        ),
    ]
