import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# A page that was held is worked on; of several pages of one person, the one taken last.
FILL = """
UPDATE review_reviewtask AS task SET document_type_id = document.document_type_id
  FROM recognition_page AS page JOIN recognition_document AS document ON document.id = page.document_id
 WHERE page.id = task.page_id;
UPDATE review_reviewtask SET hold = 'parked' WHERE status = 'held';
UPDATE review_reviewtask SET hold = 'active' WHERE id IN (
  SELECT DISTINCT ON (reviewer_id) id FROM review_reviewtask WHERE status = 'held'
  ORDER BY reviewer_id, lease_expires_at DESC, id DESC
);
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('recognition', '0005_character_set'),
        ('review', '0004_character_set'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reviewtask',
            name='task_lease_all_or_nothing',
        ),
        migrations.AddField(
            model_name='reviewtask',
            name='document_type',
            field=models.ForeignKey(help_text="The page's, which never changes: here for the queue's index.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='recognition.documenttype'),
        ),
        migrations.AddField(
            model_name='reviewtask',
            name='hold',
            field=models.CharField(blank=True, choices=[('active', 'Worked on'), ('ahead', 'Ready as the next'), ('parked', 'Parked')], default='', help_text='Empty: nobody holds it.', max_length=6),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='reviewtask',
            name='document_type',
            field=models.ForeignKey(help_text="The page's, which never changes: here for the queue's index.", on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='recognition.documenttype'),
        ),
        migrations.AddConstraint(
            model_name='reviewtask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hold__in', ['active', 'ahead', 'parked']), ('lease_expires_at__isnull', False), ('lease_token__isnull', False), ('reviewer__isnull', False), ('status', 'held')), models.Q(models.Q(('status', 'held'), _negated=True), ('hold', ''), ('lease_expires_at__isnull', True), ('lease_token__isnull', True), ('reviewer__isnull', True)), _connector='OR'), name='task_lease_all_or_nothing'),
        ),
        migrations.AddConstraint(
            model_name='reviewtask',
            constraint=models.UniqueConstraint(condition=models.Q(('hold', 'active')), fields=('reviewer',), name='one_active_task_per_reviewer'),
        ),
        migrations.AddConstraint(
            model_name='reviewtask',
            constraint=models.UniqueConstraint(condition=models.Q(('hold', 'ahead')), fields=('reviewer',), name='one_task_ahead_per_reviewer'),
        ),
        migrations.AddIndex(
            model_name='reviewtask',
            index=models.Index(condition=models.Q(('status__in', ['flagged', 'held', 'waiting'])), fields=['document_type', 'status'], name='task_open_by_type'),
        ),
        migrations.AddIndex(
            model_name='reviewtask',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['lease_expires_at'], name='task_held_until'),
        ),
        migrations.AddIndex(
            model_name='reviewtask',
            index=models.Index(condition=models.Q(('status', 'done')), fields=['done_by', 'done_at'], name='task_done_by'),
        ),
    ]
