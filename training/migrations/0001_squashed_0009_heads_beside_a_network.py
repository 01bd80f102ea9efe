"""All of what its migrations made, in one step: a new installation starts sooner."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


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

    replaces = [
        ('training', '0001_initial'),
        ('training', '0002_nightly'),
        ('training', '0003_refresh'),
        ('training', '0004_ledger'),
        ('training', '0005_trials_and_disputes'),
        ('training', '0006_accuracy_alerts'),
        ('training', '0007_whole_network'),
        ('training', '0008_canary'),
        ('training', '0009_heads_beside_a_network'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('django_celery_beat', '0019_alter_periodictasks_options'),
        ('recognition', '0001_squashed_0011_canary'),
        ('review', '0001_squashed_0013_planted_words_at_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('manifest_sha256', models.CharField(max_length=64)),
                ('label_count', models.PositiveIntegerField(help_text='Current labels looked at.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('document_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='datasets', to='recognition.documenttype')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('document_type', 'manifest_sha256'), name='dataset_once_per_content', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='DatasetItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('crop_sha256', models.CharField(max_length=64)),
                ('document_sha256', models.CharField(max_length=64)),
                ('split', models.CharField(blank=True, choices=[('train', 'Training'), ('validation', 'Validation'), ('test', 'Test')], max_length=10)),
                ('left_out', models.CharField(blank=True, choices=[('illegible', 'Illegible'), ('not_text', 'Not text'), ('duplicate', 'The same crop is in the set already'), ('too_long', 'More characters than the crop has room for'), ('unknown_character', 'A character the model cannot write'), ('disputed', 'Disputed: a model contradicts it, nobody has looked again'), ('withdrawn', 'Withdrawn: its line stands on the page no more')], max_length=20)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='training.dataset')),
                ('label', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dataset_items', to='review.label')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('dataset', 'label'), name='label_once_in_dataset'), models.CheckConstraint(condition=models.Q(models.Q(('left_out', ''), ('split__in', ['train', 'validation', 'test'])), models.Q(('left_out__in', ['illegible', 'not_text', 'duplicate', 'too_long', 'unknown_character', 'disputed', 'withdrawn']), ('split', '')), _connector='OR'), name='item_in_a_split_or_left_out'), models.UniqueConstraint(condition=models.Q(('left_out', '')), fields=('dataset', 'crop_sha256'), name='crop_once_in_dataset')],
            },
        ),
        migrations.CreateModel(
            name='Rereading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('pages', models.PositiveIntegerField(help_text='There were when it began.')),
                ('status', models.CharField(choices=[('running', 'Running'), ('done', 'Done')], default='running', max_length=7)),
                ('sent_to', models.PositiveBigIntegerField(default=0, help_text='Key of the last page that was sent to the readers.')),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('rounds', models.PositiveSmallIntegerField(default=1, help_text='How often it has begun with the first page that is left.')),
                ('left', models.PositiveIntegerField(default=0, help_text='Pages that could not be read again, once it is done.')),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('canary', models.OneToOneField(blank=True, help_text='Whose withdrawal asked for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rereading', to='recognition.canary')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rereadings', to='recognition.modelversion')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('model_version',), name='one_running_rereading_per_version'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('left', 0), ('status', 'running')), models.Q(('finished_at__isnull', False), ('status', 'done')), _connector='OR'), name='rereading_done_names_when')],
            },
        ),
        migrations.CreateModel(
            name='TrainingRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('depth', models.CharField(choices=[('head', 'Head'), ('network', 'Whole network')], default='head', help_text='A head on a base, or the whole network, which gives a new base.', max_length=7)),
                ('trigger', models.CharField(choices=[('manual', 'By hand'), ('nightly', 'Nightly'), ('refresh', 'Enough new corrections'), ('new_base', 'A new base')], max_length=8)),
                ('settings', models.JSONField(default=dict)),
                ('labels_seen', models.PositiveIntegerField(default=0, help_text='Current labels with text there were when it was requested.')),
                ('last_label', models.PositiveBigIntegerField(default=0, help_text='Number of the last label there was then.')),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('skipped', 'Skipped'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=9)),
                ('stage', models.CharField(choices=[('waiting', 'Waiting'), ('freezing', 'Writing the crops'), ('features', 'Computing features'), ('warm_up', 'Training the head first'), ('training', 'Training'), ('exporting', 'Exporting'), ('evaluating', 'Evaluating'), ('done', 'Done')], default='waiting', max_length=10)),
                ('progress', models.FloatField(default=0, help_text='Of the stage, 0 to 1.')),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('failure_message', models.CharField(blank=True, help_text='Why it failed, was skipped or cancelled.', max_length=1000)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('queued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('resumed', models.PositiveSmallIntegerField(default=0, help_text='How often its process died and it went on from its checkpoint.')),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_requested_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.JSONField(blank=True, default=dict, help_text='What the trainer reported: ledger, seconds, parity.')),
                ('verdict', models.JSONField(blank=True, default=dict, help_text="The gate's: accept, reasons, error rates, slices.")),
                ('active', models.ForeignKey(blank=True, help_text='What served its scope when it began: the candidate is compared with it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.modelversion')),
                ('base', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs_from', to='recognition.modelversion')),
                ('candidate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='recognition.modelversion')),
                ('dataset', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='training.dataset')),
                ('document_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='recognition.documenttype')),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('depth',), name='one_running_training_run_per_depth'), models.UniqueConstraint(condition=models.Q(('status', 'queued')), fields=('document_type', 'depth'), name='one_queued_run_per_scope', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('depth__in', ['head', 'network'])), name='run_depth_known'), models.CheckConstraint(condition=models.Q(models.Q(('depth', 'network'), _negated=True), ('document_type__isnull', True), _connector='OR'), name='network_run_is_for_all_types'), models.CheckConstraint(condition=models.Q(('depth', 'network'), ('resumed', 0), _connector='OR'), name='only_network_runs_resume'), models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'running', 'succeeded', 'skipped', 'failed', 'cancelled'])), name='run_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['failed', 'skipped']), _negated=True), models.Q(('failure_message', ''), _negated=True), _connector='OR'), name='run_failed_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'succeeded'), _negated=True), models.Q(('base__isnull', False), ('candidate__isnull', False), ('dataset__isnull', False)), _connector='OR'), name='run_succeeded_has_candidate')],
            },
        ),
        migrations.CreateModel(
            name='LabelDispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(help_text='What the model reads.')),
                ('confidence', models.FloatField(help_text='Calibrated probability that it is exactly right.')),
                ('status', models.CharField(choices=[('open', 'Open'), ('upheld', 'The label was right'), ('corrected', 'The label was wrong')], default='open', max_length=9)),
                ('raised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('label', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='dispute', to='review.label')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.modelversion')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='training.trainingrun')),
            ],
            options={
                'ordering': ['-confidence', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['open', 'upheld', 'corrected'])), name='dispute_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('status', 'open')), models.Q(models.Q(('status', 'open'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='dispute_settled_names_when'), models.CheckConstraint(condition=models.Q(('confidence__gte', 0.0), ('confidence__lte', 1.0)), name='dispute_confidence_is_share')],
            },
        ),
        migrations.CreateModel(
            name='EvaluatedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active_text', models.TextField(blank=True)),
                ('candidate_text', models.TextField(blank=True)),
                ('active_edits', models.PositiveIntegerField(help_text='Levenshtein distance to the label.')),
                ('candidate_edits', models.PositiveIntegerField(help_text='Levenshtein distance to the label.')),
                ('characters', models.PositiveIntegerField(help_text='Of the label.')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluated', to='training.datasetitem')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluated', to='training.trainingrun')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('run', 'item'), name='item_evaluated_once_per_run')],
            },
        ),
        migrations.CreateModel(
            name='CurvePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.PositiveIntegerField()),
                ('loss', models.FloatField(blank=True, null=True)),
                ('validation_cer', models.FloatField(blank=True, help_text='Edits per character.', null=True)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='curve', to='training.trainingrun')),
            ],
            options={
                'ordering': ['step'],
                'constraints': [models.UniqueConstraint(fields=('run', 'step'), name='curve_point_once')],
            },
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('aim', models.CharField(choices=[('prove', 'A candidate proves itself'), ('guard', 'What was replaced keeps watch'), ('canary', 'A canary reads a share of the documents')], max_length=6)),
                ('status', models.CharField(choices=[('running', 'Running'), ('beside', 'The model beside is better'), ('serving', 'The model in service is better'), ('even', 'No difference shown'), ('ended', 'Ended')], default='running', max_length=7)),
                ('evidence', models.JSONField(blank=True, default=dict, help_text='Documents judged, wrong characters of both, wealth.')),
                ('reason', models.CharField(blank=True, help_text='Why it ended.', max_length=500)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('beside', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='recognition.modelversion')),
                ('canary', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trial', to='recognition.canary')),
                ('document_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='recognition.documenttype')),
                ('ended_by', models.ForeignKey(blank=True, help_text='Empty: the evidence did it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('serving', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.modelversion')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('document_type', 'aim'), name='one_running_trial_per_scope_and_aim', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('status__in', ['running', 'beside', 'serving', 'even', 'ended'])), name='trial_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('reason', ''), ('status', 'running')), models.Q(models.Q(('status', 'running'), _negated=True), ('ended_at__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='trial_ended_has_reason'), models.CheckConstraint(condition=models.Q(('serving', models.F('beside')), _negated=True), name='trial_of_two_models'), models.CheckConstraint(condition=models.Q(models.Q(('aim', 'canary'), ('canary__isnull', False)), models.Q(models.Q(('aim', 'canary'), _negated=True), ('canary__isnull', True)), _connector='OR'), name='trial_of_a_canary_names_it')],
            },
        ),
        migrations.CreateModel(
            name='AccuracyAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField(help_text='Monday of the last week whose audits show it.')),
                ('since', models.DateField(help_text='Monday of the first of these weeks.')),
                ('accuracy', models.FloatField(help_text='Share of audited lines exactly right.')),
                ('bound', models.FloatField(help_text='What it may be at most, with near certainty.')),
                ('reference', models.FloatField(help_text='Median of the weeks before.')),
                ('lines', models.PositiveIntegerField(help_text='Audited lines of these weeks.')),
                ('pages', models.JSONField(default=list, help_text='Keys of the audited pages with most wrong lines, worst first.')),
                ('status', models.CharField(choices=[('open', 'Open'), ('acknowledged', 'Acknowledged')], default='open', max_length=12)),
                ('raised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, help_text='What the person says of it.', max_length=500)),
                ('acknowledged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accuracy_alerts', to='recognition.documenttype')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('document_type',), name='one_open_alert_per_type'), models.UniqueConstraint(fields=('document_type', 'week'), name='alert_once_per_type_and_week'), models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_at__isnull', True), ('acknowledged_by__isnull', True), ('note', ''), ('status', 'open')), models.Q(('acknowledged_at__isnull', False), ('acknowledged_by__isnull', False), ('status', 'acknowledged'), models.Q(('note', ''), _negated=True)), _connector='OR'), name='alert_acknowledged_names_who_when_and_why'), models.CheckConstraint(condition=models.Q(('accuracy__gte', 0.0), ('accuracy__lte', 1.0), ('bound__gte', 0.0), ('bound__lte', 1.0), ('reference__gte', 0.0), ('reference__lte', 1.0)), name='alert_shares_are_shares'), models.CheckConstraint(condition=models.Q(('reference__gt', models.F('accuracy')), ('week__gte', models.F('since'))), name='alert_is_of_a_fall')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accuracyalert',
            trigger=pgtrigger.compiler.Trigger(name='what_was_seen_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."document_type_id" IS DISTINCT FROM (NEW."document_type_id") OR OLD."week" IS DISTINCT FROM (NEW."week") OR OLD."since" IS DISTINCT FROM (NEW."since") OR OLD."accuracy" IS DISTINCT FROM (NEW."accuracy") OR OLD."bound" IS DISTINCT FROM (NEW."bound") OR OLD."reference" IS DISTINCT FROM (NEW."reference") OR OLD."lines" IS DISTINCT FROM (NEW."lines") OR OLD."pages" IS DISTINCT FROM (NEW."pages") OR OLD."raised_at" IS DISTINCT FROM (NEW."raised_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='f840114e00cac1bcc4aff7f1fd67337999109de7', operation='UPDATE', pgid='pgtrigger_what_was_seen_stays_562fa', table='training_accuracyalert', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accuracyalert',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='a5fe44bc8bf926c7b814f30df4726a7dfe551222', operation='DELETE', pgid='pgtrigger_never_deleted_41881', table='training_accuracyalert', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dataset',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='08b1e76949b386bf5e154d4d571822a7b3cb9a23', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_11005', table='training_dataset', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='datasetitem',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1fc69a72da5f442285c2ebf588ef9ff57ab1ed31', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d9697', table='training_datasetitem', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rereading',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='958ee940c53060e55ee90df1c8c0dac248fbeaa5', operation='DELETE', pgid='pgtrigger_never_deleted_10225', table='training_rereading', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trainingrun',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='6c3e2d507d0c76aed5488240b976af7ef154bd3a', operation='DELETE', pgid='pgtrigger_never_deleted_d5b54', table='training_trainingrun', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='labeldispute',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='d6cc82e8ab2f66c38d32ae4121fc6dade3d544fd', operation='DELETE', pgid='pgtrigger_never_deleted_622e7', table='training_labeldispute', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evaluatedline',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c0c291c5cdb8acf7df0544acff125c733f949cc5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c2f97', table='training_evaluatedline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='curvepoint',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d2d9c9892d89dcfd66bd21d8a7fc4eb5086a7b1a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_54beb', table='training_curvepoint', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trial',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='52a8d87d194a44cc73ec4bafbc1c2b9ac9e78c31', operation='DELETE', pgid='pgtrigger_never_deleted_4405c', table='training_trial', when='BEFORE')),
        ),
        migrations.RunPython(add_nightly, remove_nightly),
    ]
