# A document may be filed under another type: its pages are then decided on anew.

import django.db.models.deletion
from django.db import migrations, models

NAME_THE_TYPE = """
ALTER TABLE review_routingdecision DISABLE TRIGGER USER;
UPDATE review_routingdecision AS decision SET document_type_id = document.document_type_id
    FROM recognition_page AS page JOIN recognition_document AS document ON document.id = page.document_id
    WHERE page.id = decision.page_id;
ALTER TABLE review_routingdecision ENABLE TRIGGER USER;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0009_lines_keep_their_shape"),
        ("review", "0008_line_edits"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="routingdecision", name="decision_once_per_page_model_and_set"
        ),
        migrations.AddField(
            model_name="routingdecision",
            name="document_type",
            field=models.ForeignKey(
                help_text="Whose policy decided: a document may be filed under another type later.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="recognition.documenttype",
            ),
        ),
        migrations.RunSQL(NAME_THE_TYPE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="routingdecision",
            constraint=models.UniqueConstraint(
                fields=("page", "model_version", "character_set", "document_type"),
                name="decision_once_per_page_model_and_set",
                nulls_distinct=False,
            ),
        ),
        migrations.AlterField(
            model_name="reviewtask",
            name="document_type",
            field=models.ForeignKey(
                help_text="The page's, for as long as the task is open: here for the queue's index.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tasks",
                to="recognition.documenttype",
            ),
        ),
    ]
