"""All of what its migrations made, in one step: a new installation starts sooner."""

import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('review', '0001_initial'),
        ('review', '0002_refused_draft'),
        ('review', '0003_accuracy_target'),
        ('review', '0004_character_set'),
        ('review', '0005_holds'),
        ('review', '0006_second_review'),
        ('review', '0007_planted_errors'),
        ('review', '0008_line_edits'),
        ('review', '0009_decisions_by_type'),
        ('review', '0010_planted_words'),
        ('review', '0011_proposals'),
        ('review', '0012_order_by_value'),
        ('review', '0013_planted_words_at_once'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('recognition', '0001_squashed_0011_canary'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoutingDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('character_set', models.CharField(choices=[('full', 'All that the model knows'), ('latin', 'Latin'), ('latin-historic', 'Latin with historic letters'), ('digits', 'Digits and signs only'), ('greek', 'Greek and Latin'), ('cyrillic', 'Cyrillic and Latin'), ('chinese', 'Chinese and Latin'), ('japanese', 'Japanese and Latin')], default='full', help_text='With which the model read the page.', max_length=20)),
                ('outcome', models.CharField(choices=[('accept', 'Accepted'), ('review', 'To review'), ('audit', 'Drawn as an audit')], max_length=6)),
                ('rule', models.CharField(help_text='Code of the rule that decided.', max_length=40)),
                ('threshold', models.FloatField()),
                ('probability', models.FloatField(blank=True, help_text='Of the weakest line.', null=True)),
                ('weak_lines', models.PositiveIntegerField(default=0)),
                ('audit_rate', models.FloatField()),
                ('draw', models.FloatField(blank=True, help_text='The random number the audit was drawn with.', null=True)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('document_type', models.ForeignKey(help_text='Whose policy decided: a document may be filed under another type later.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.documenttype')),
                ('line', models.ForeignKey(blank=True, help_text='The weakest line.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.line')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.modelversion')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='recognition.page')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('threshold__gte', 0.0), ('threshold__lte', 1.0), ('audit_rate__gte', 0.0), ('audit_rate__lte', 1.0)), name='decision_threshold_is_share'), models.UniqueConstraint(fields=('page', 'model_version', 'character_set', 'document_type'), name='decision_once_per_page_model_and_set', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('character_set__in', ['full', 'latin', 'latin-historic', 'digits', 'greek', 'cyrillic', 'chinese', 'japanese'])), name='decision_character_set_known')],
            },
        ),
        migrations.CreateModel(
            name='ReviewTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.FloatField(default=0.0, help_text='Errors that reviewing it is expected to remove, per second.')),
                ('arm', models.CharField(choices=[('value', 'By value'), ('random', 'Drawn at random')], default='random', max_length=6)),
                ('draw', models.FloatField(default=0.0, help_text="The page's random number, which places what is not placed by value.")),
                ('turn', models.FloatField(default=0.0, help_text='The higher, the sooner: the value, or chance.')),
                ('late_since', models.DateTimeField(blank=True, help_text='Since when it waits, once that is longer than it should.', null=True)),
                ('expected_errors', models.FloatField(blank=True, null=True)),
                ('expected_seconds', models.FloatField(blank=True, null=True)),
                ('valued_at', models.DateTimeField(blank=True, null=True)),
                ('corrected', models.PositiveIntegerField(blank=True, help_text='Characters changed by the person who did it.', null=True)),
                ('kind', models.CharField(choices=[('threshold', 'Unsure'), ('audit', 'Audit'), ('reopened', 'Reopened'), ('second', 'Second review'), ('decide', 'Adjudication')], max_length=9)),
                ('character_set', models.CharField(choices=[('full', 'All that the model knows'), ('latin', 'Latin'), ('latin-historic', 'Latin with historic letters'), ('digits', 'Digits and signs only'), ('greek', 'Greek and Latin'), ('cyrillic', 'Cyrillic and Latin'), ('chinese', 'Chinese and Latin'), ('japanese', 'Japanese and Latin')], default='full', help_text='With which these predictions were read.', max_length=20)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('held', 'Held'), ('flagged', 'Flagged'), ('done', 'Done'), ('withdrawn', 'Withdrawn')], default='waiting', max_length=9)),
                ('priority', models.SmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('lease_expires_at', models.DateTimeField(blank=True, null=True)),
                ('hold', models.CharField(blank=True, choices=[('active', 'Worked on'), ('ahead', 'Ready as the next'), ('parked', 'Parked')], help_text='Empty: nobody holds it.', max_length=6)),
                ('flag_reason', models.CharField(blank=True, max_length=500)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_token', models.UUIDField(blank=True, help_text='The lease it was submitted under, by which a resend is known.', null=True)),
                ('seconds', models.FloatField(blank=True, help_text="Of a person's attention, as the screen measured it.", null=True)),
                ('document_type', models.ForeignKey(help_text="The page's, for as long as the task is open: here for the queue's index.", on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='recognition.documenttype')),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='done_tasks', to=settings.AUTH_USER_MODEL)),
                ('first', models.ForeignKey(blank=True, help_text='The review that a second one checks.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='checked_by', to='review.reviewtask')),
                ('first_reviewer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(help_text='Whose predictions the reviewer is shown.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.modelversion')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='recognition.page')),
                ('reviewer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='held_tasks', to=settings.AUTH_USER_MODEL)),
                ('second', models.ForeignKey(blank=True, help_text='The second review that differs from the first.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decided_by', to='review.reviewtask')),
                ('second_reviewer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='review.routingdecision')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(models.OrderBy(models.F('priority'), descending=True), models.F('late_since'), models.OrderBy(models.F('turn'), descending=True), models.F('id'), condition=models.Q(('status__in', ['waiting', 'held'])), name='task_queue'), models.Index(condition=models.Q(('late_since__isnull', True), ('status', 'waiting')), fields=['document_type', 'created_at'], name='task_not_late_yet'), models.Index(condition=models.Q(('status', 'waiting')), fields=['document_type', 'valued_at'], name='task_valued_at'), models.Index(condition=models.Q(('corrected__isnull', False), ('status', 'done')), fields=['document_type', 'done_at'], name='task_done_by_arm'), models.Index(condition=models.Q(('status__in', ['flagged', 'held', 'waiting'])), fields=['document_type', 'status'], name='task_open_by_type'), models.Index(condition=models.Q(('status', 'held')), fields=['lease_expires_at'], name='task_held_until'), models.Index(condition=models.Q(('status', 'done')), fields=['done_by', 'done_at'], name='task_done_by')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('first__isnull', False), ('first_reviewer__isnull', False), ('kind', 'second'), ('second__isnull', True), ('second_reviewer__isnull', True)), models.Q(('first__isnull', False), ('first_reviewer__isnull', False), ('kind', 'decide'), ('second__isnull', False), ('second_reviewer__isnull', False)), models.Q(models.Q(('kind__in', ['second', 'decide']), _negated=True), ('first__isnull', True), ('first_reviewer__isnull', True), ('second__isnull', True), ('second_reviewer__isnull', True)), _connector='OR'), name='task_checks_what_its_kind_says'), models.CheckConstraint(condition=models.Q(models.Q(('reviewer', models.F('first_reviewer')), _negated=True), models.Q(('reviewer', models.F('second_reviewer')), _negated=True), models.Q(('done_by', models.F('first_reviewer')), _negated=True), models.Q(('done_by', models.F('second_reviewer')), _negated=True), models.Q(('first_reviewer', models.F('second_reviewer')), _negated=True)), name='task_nobody_checks_their_own_work'), models.UniqueConstraint(condition=models.Q(('status__in', ['flagged', 'held', 'waiting'])), fields=('page',), name='one_open_task_per_page'), models.CheckConstraint(condition=models.Q(('character_set__in', ['full', 'latin', 'latin-historic', 'digits', 'greek', 'cyrillic', 'chinese', 'japanese'])), name='task_character_set_known'), models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'held', 'flagged', 'done', 'withdrawn'])), name='task_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('hold__in', ['active', 'ahead', 'parked']), ('lease_expires_at__isnull', False), ('lease_token__isnull', False), ('reviewer__isnull', False), ('status', 'held')), models.Q(models.Q(('status', 'held'), _negated=True), ('hold', ''), ('lease_expires_at__isnull', True), ('lease_token__isnull', True), ('reviewer__isnull', True)), _connector='OR'), name='task_lease_all_or_nothing'), models.UniqueConstraint(condition=models.Q(('hold', 'active')), fields=('reviewer',), name='one_active_task_per_reviewer'), models.UniqueConstraint(condition=models.Q(('hold', 'ahead')), fields=('reviewer',), name='one_task_ahead_per_reviewer'), models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', False), ('done_by__isnull', False), ('done_token__isnull', False), ('status', 'done')), models.Q(models.Q(('status', 'done'), _negated=True), ('done_at__isnull', True), ('done_by__isnull', True), ('done_token__isnull', True)), _connector='OR'), name='task_done_names_who_and_when'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'flagged'), _negated=True), models.Q(('flag_reason', ''), _negated=True), _connector='OR'), name='task_flagged_has_reason'), models.CheckConstraint(condition=models.Q(('value__gte', 0.0), ('value__lte', 1000000000.0), ('turn__gte', 0.0), ('turn__lte', 1000000000.0), models.Q(('expected_errors__isnull', True), models.Q(('expected_errors__gte', 0.0), ('expected_errors__lte', 1000000000.0)), _connector='OR'), models.Q(('expected_seconds__isnull', True), models.Q(('expected_seconds__gte', 0.0), ('expected_seconds__lte', 1000000000.0)), _connector='OR')), name='task_value_is_finite'), models.CheckConstraint(condition=models.Q(('arm__in', ['value', 'random']), ('draw__gte', 0.0), ('draw__lt', 1.0)), name='task_arm_known'), models.CheckConstraint(condition=models.Q(('corrected__isnull', True), ('status', 'done'), _connector='OR'), name='task_corrected_once_done')],
            },
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('confirmed', 'Confirmed'), ('corrected', 'Corrected'), ('illegible', 'Illegible'), ('not_text', 'Not text')], max_length=9)),
                ('text', models.TextField(blank=True)),
                ('seconds', models.FloatField(default=0, help_text="The line's share of the reviewer's time on the page.")),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('superseded_at', models.DateTimeField(blank=True, null=True)),
                ('base_prediction', models.ForeignKey(blank=True, help_text='What the reviewer was shown; empty for a line that a person added.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='labels', to='recognition.prediction')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='labels', to='recognition.line')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='labels', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='labels', to='review.reviewtask')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_at__isnull', True)), fields=('line',), name='one_current_label_per_line'), models.CheckConstraint(condition=models.Q(('verdict__in', ['confirmed', 'corrected', 'illegible', 'not_text'])), name='label_verdict_known'), models.CheckConstraint(condition=models.Q(models.Q(('verdict__in', ['illegible', 'not_text']), ('text', '')), models.Q(models.Q(('verdict__in', ['illegible', 'not_text']), _negated=True), models.Q(('text', ''), _negated=True)), _connector='OR'), name='label_empty_only_without_text'), models.CheckConstraint(condition=models.Q(('seconds__gte', 0)), name='label_seconds_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ProposalSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen', models.CharField(help_text='What was read.', max_length=8)),
                ('stands', models.CharField(blank=True, help_text='What the correction put there.', max_length=8)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('document_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposal_sets', to='recognition.documenttype')),
                ('source', models.ForeignKey(help_text='The correction; the set is offered while it counts.', on_delete=django.db.models.deletion.PROTECT, related_name='proposal_sets', to='review.label')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('source', 'seen', 'stands'), name='proposed_once_a_correction'), models.CheckConstraint(condition=models.Q(models.Q(('seen', ''), _negated=True), models.Q(('seen', models.F('stands')), _negated=True)), name='proposal_set_changes_something')],
            },
        ),
        migrations.CreateModel(
            name='ProposalRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='review.proposalset')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.PositiveIntegerField(help_text='Of what was read, in code points.')),
                ('text', models.TextField(help_text='The reading with this place put right.')),
                ('left', models.FloatField(help_text="Where the place begins, as a share of the crop's width.")),
                ('right', models.FloatField(help_text='Where it ends.')),
                ('likeness', models.FloatField(help_text='To the corrected place, from -1 to 1.')),
                ('status', models.CharField(choices=[('open', 'Open'), ('confirmed', 'Confirmed'), ('refused', 'Refused'), ('expired', 'Expired')], default='open', max_length=9)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.line')),
                ('prediction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.prediction')),
                ('set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='review.proposalset')),
            ],
            options={
                'ordering': ['-likeness', 'pk'],
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['set', 'line'], name='proposal_open'), models.Index(condition=models.Q(('status', 'confirmed')), fields=['line'], name='proposal_confirmed')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'expired'), _negated=True), fields=('prediction', 'text'), name='proposed_once_on_a_reading'), models.CheckConstraint(condition=models.Q(('status__in', ['open', 'confirmed', 'refused', 'expired'])), name='proposal_status_known'), models.CheckConstraint(condition=models.Q(('likeness__gte', -1), ('likeness__lte', 1)), name='proposal_likeness_in_range'), models.CheckConstraint(condition=models.Q(('left__gte', 0.0), ('left__lte', 1.0), ('right__gte', 0.0), ('right__lte', 1.0), ('left__lte', models.F('right'))), name='proposal_place_on_the_line')],
            },
        ),
        migrations.CreateModel(
            name='QueueFigures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line_seconds', models.FloatField(help_text='Of a reviewer, for a line.')),
                ('error_seconds', models.FloatField(help_text='Of a reviewer, for a wrong character.')),
                ('wrong', models.FloatField(help_text='Characters corrected for each that was expected.')),
                ('pages', models.PositiveIntegerField(help_text='Done pages that were measured.')),
                ('waiting', models.JSONField(default=dict, help_text='Doubt on waiting pages, by character.')),
                ('labelled', models.JSONField(default=dict, help_text='Doubt that labels settled, likewise.')),
                ('scale', models.JSONField(default=list, help_text="Quantiles of the waiting pages' values.")),
                ('draws', models.JSONField(default=list, help_text='Quantiles of their random numbers.')),
                ('at', models.DateTimeField()),
                ('document_type', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='queue_figures', to='recognition.documenttype')),
            ],
            options={
                'verbose_name_plural': 'queue figures',
                'constraints': [models.CheckConstraint(condition=models.Q(('error_seconds__gt', 0.0), ('error_seconds__lte', 1000000000.0), ('line_seconds__gt', 0.0), ('line_seconds__lte', 1000000000.0), ('wrong__gt', 0.0), ('wrong__lte', 1000000000.0)), name='figures_are_positive_and_finite')],
            },
        ),
        migrations.CreateModel(
            name='ReviewerKeys',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('keys', models.JSONField(default=dict, help_text='By action, a combination such as Alt+K.')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='review_keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'reviewer keys',
            },
        ),
        migrations.CreateModel(
            name='RefusedDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('verdict', models.CharField(choices=[('confirmed', 'Confirmed'), ('corrected', 'Corrected'), ('illegible', 'Illegible'), ('not_text', 'Not text')], help_text='What the reviewer would have submitted.', max_length=9)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.line')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refused_drafts', to='review.reviewtask')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.MD5('text'), models.F('task'), models.F('reviewer'), models.F('line'), models.F('verdict'), name='refused_draft_kept_once')],
            },
        ),
        migrations.CreateModel(
            name='ProposalSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(help_text='The lease that the task was submitted under.')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposal_searches', to='review.reviewtask')),
            ],
            options={
                'verbose_name_plural': 'proposal searches',
                'constraints': [models.UniqueConstraint(fields=('token',), name='searched_once_a_submit')],
            },
        ),
        migrations.CreateModel(
            name='ProposalAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('said', models.CharField(choices=[('confirmed', 'Confirmed'), ('refused', 'Refused')], max_length=9)),
                ('taken_back_at', models.DateTimeField(blank=True, null=True)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='review.proposal')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='review.proposalround')),
                ('opened', models.ForeignKey(blank=True, help_text='The review of an accepted page that this answer asked for.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.reviewtask')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('taken_back_at__isnull', True)), fields=('proposal',), name='one_standing_answer_a_proposal'), models.CheckConstraint(condition=models.Q(('said__in', ['confirmed', 'refused'])), name='proposal_answer_known'), models.CheckConstraint(condition=models.Q(('opened__isnull', True), ('said', 'confirmed'), _connector='OR'), name='proposal_answer_opens_when_confirmed')],
            },
        ),
        migrations.CreateModel(
            name='PlantedError',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model_text', models.TextField(help_text='As it was read, and as it counts where it is missed.')),
                ('planted_text', models.TextField(help_text='As it is shown. Never a label.')),
                ('outcome', models.CharField(choices=[('open', 'Not submitted yet'), ('caught', 'Caught'), ('missed', 'Missed')], default='open', max_length=6)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('judged_at', models.DateTimeField(blank=True, null=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.line')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planted_errors', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planted_errors', to='review.reviewtask')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('task', 'reviewer', 'line'), name='planted_once_per_line_and_reviewer'), models.CheckConstraint(condition=models.Q(models.Q(('planted_text', models.F('model_text')), _negated=True), models.Q(('planted_text', ''), _negated=True)), name='planted_is_wrong'), models.CheckConstraint(condition=models.Q(models.Q(('judged_at__isnull', True), ('outcome', 'open')), models.Q(('judged_at__isnull', False), ('outcome__in', ['caught', 'missed'])), _connector='OR'), name='planted_judged_with_outcome')],
            },
        ),
        migrations.CreateModel(
            name='LineMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('handwriting', 'Handwriting')], max_length=11)),
                ('on', models.BooleanField(help_text='No: the mark is taken off.')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='recognition.line')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.reviewtask')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'handwriting')), name='line_mark_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='LineEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('add', 'Line added'), ('delete', 'Lines deleted'), ('reshape', 'Line reshaped'), ('split', 'Line split'), ('merge', 'Lines merged'), ('move', 'Line moved in the order'), ('reread', 'Page read again'), ('revert', 'Taken back')], max_length=8)),
                ('before', models.JSONField(help_text='Keys of the lines that stood on the page, in order.')),
                ('after', models.JSONField(help_text='Keys of the lines that stand on it since, in order.')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('reverts', models.OneToOneField(blank=True, help_text='The change that this one takes back.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reverted_by', to='review.lineedit')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edits', to='review.reviewtask')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['add', 'delete', 'reshape', 'split', 'merge', 'move', 'reread', 'revert'])), name='line_edit_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'revert'), ('reverts__isnull', False)), models.Q(models.Q(('kind', 'revert'), _negated=True), ('reverts__isnull', True)), _connector='OR'), name='line_edit_names_what_it_reverts')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('verdict', models.CharField(choices=[('confirmed', 'Confirmed'), ('corrected', 'Corrected'), ('illegible', 'Illegible'), ('not_text', 'Not text')], help_text='What the reviewer would submit now.', max_length=9)),
                ('revision', models.PositiveIntegerField(default=1, help_text='Counts the writes: one that knows an older number is a conflict.')),
                ('saved_at', models.DateTimeField(auto_now=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.line')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='review.reviewtask')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('task', 'reviewer', 'line'), name='draft_once_per_line_and_reviewer')],
            },
        ),
        migrations.CreateModel(
            name='TaskSkip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=500)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skips', to='review.reviewtask')),
            ],
        ),
        migrations.CreateModel(
            name='ThresholdChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.FloatField(help_text='Share of accepted lines that is to be right.')),
                ('threshold', models.FloatField(blank=True, help_text='Empty: not enough evidence, everything is reviewed.', null=True)),
                ('bound', models.FloatField(blank=True, help_text='Upper 95 % bound of the share of wrong lines at it.', null=True)),
                ('judged_lines', models.PositiveIntegerField(help_text='Lines that people had judged by then.')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('document_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='threshold_choices', to='recognition.documenttype')),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(models.F('document_type'), models.OrderBy(models.F('id'), descending=True), name='choice_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('target__gte', 0.0), ('target__lte', 1.0), models.Q(models.Q(('bound__isnull', True), ('threshold__isnull', True)), models.Q(('bound__isnull', False), ('threshold__isnull', False), ('threshold__gte', 0.0), ('threshold__lte', 1.0), ('bound__gte', 0.0), ('bound__lte', 1.0)), _connector='OR')), name='choice_shares')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalset',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f24a56e68b999fb6c336c928a3e1c80020cb7353', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_87082', table='review_proposalset', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalset',
            trigger=pgtrigger.compiler.Trigger(name='no_planted_source', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (\n            SELECT 1 FROM review_label AS said\n            JOIN review_plantederror AS plant ON plant.task_id = said.task_id\n                AND plant.line_id = said.line_id AND plant.reviewer_id = said.reviewer_id\n            WHERE said.id = NEW.source_id\n        ) THEN\n            RAISE EXCEPTION 'pgtrigger: what was planted is no source of proposals';\n        END IF;\n        RETURN NEW;\n    ", hash='5063cee146d25a1101d7411af3eff0ec4a4d6710', operation='INSERT', pgid='pgtrigger_no_planted_source_c4a3e', table='review_proposalset', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalround',
            trigger=pgtrigger.compiler.Trigger(name='what_was_answered_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."set_id" IS DISTINCT FROM (NEW."set_id") OR OLD."reviewer_id" IS DISTINCT FROM (NEW."reviewer_id") OR OLD."at" IS DISTINCT FROM (NEW."at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='6af9e558bc68aba2e3fdd48167a25bf7f3f923ff', operation='UPDATE', pgid='pgtrigger_what_was_answered_stays_bd829', table='review_proposalround', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalround',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='29f5edc56a6421bfb4d722d7ff40ea9676174230', operation='DELETE', pgid='pgtrigger_never_deleted_cff9e', table='review_proposalround', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalround',
            trigger=pgtrigger.compiler.Trigger(name='undone_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."undone_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='9daad215f085b9135056a9e5ae8a1605bdf3d181', operation='UPDATE', pgid='pgtrigger_undone_once_22ddf', table='review_proposalround', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='no_planted_line', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (SELECT 1 FROM review_plantederror WHERE line_id = NEW.line_id) THEN\n            RAISE EXCEPTION 'pgtrigger: nothing is proposed where an error is planted';\n        END IF;\n        RETURN NEW;\n    ", hash='58fe718c3d28dde21b90e97cfdc5efc34015b7ce', operation='INSERT', pgid='pgtrigger_no_planted_line_b132a', table='review_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='what_was_proposed_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."set_id" IS DISTINCT FROM (NEW."set_id") OR OLD."line_id" IS DISTINCT FROM (NEW."line_id") OR OLD."prediction_id" IS DISTINCT FROM (NEW."prediction_id") OR OLD."start" IS DISTINCT FROM (NEW."start") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."left" IS DISTINCT FROM (NEW."left") OR OLD."right" IS DISTINCT FROM (NEW."right") OR OLD."likeness" IS DISTINCT FROM (NEW."likeness"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='4b6aaebf124b6d7be59e04f85426d4ed6d165062', operation='UPDATE', pgid='pgtrigger_what_was_proposed_stays_a7b3c', table='review_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='fb12bfc90ffa3a521f1aaf18b3cc14a9271324ee', operation='DELETE', pgid='pgtrigger_never_deleted_91f07', table='review_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='expired_for_good', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."status" = \'expired\')', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='3a6bd520e80f0a0bd3f99b4af76f97cb7d2b2f33', operation='UPDATE', pgid='pgtrigger_expired_for_good_5cefd', table='review_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refuseddraft',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1cc6a95e15be11d3e45e6c8d6342f2c07561aa25', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8ccf9', table='review_refuseddraft', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalsearch',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='358dbeeb5b00330588948bad5fb051f7e2e19cfa', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7db55', table='review_proposalsearch', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalanswer',
            trigger=pgtrigger.compiler.Trigger(name='what_was_answered_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."round_id" IS DISTINCT FROM (NEW."round_id") OR OLD."proposal_id" IS DISTINCT FROM (NEW."proposal_id") OR OLD."said" IS DISTINCT FROM (NEW."said") OR OLD."opened_id" IS DISTINCT FROM (NEW."opened_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='f9271114f6e580bd2d36896b17ed23afe1caf025', operation='UPDATE', pgid='pgtrigger_what_was_answered_stays_353db', table='review_proposalanswer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalanswer',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='fc2b70b4087ed46f9710e39cfc63271abf54a919', operation='DELETE', pgid='pgtrigger_never_deleted_93816', table='review_proposalanswer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposalanswer',
            trigger=pgtrigger.compiler.Trigger(name='taken_back_for_good', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."taken_back_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='a663b4db83a043a12a79bb1b7ea6d098dd676d08', operation='UPDATE', pgid='pgtrigger_taken_back_for_good_6d62e', table='review_proposalanswer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plantederror',
            trigger=pgtrigger.compiler.Trigger(name='what_was_planted_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."task_id" IS DISTINCT FROM (NEW."task_id") OR OLD."reviewer_id" IS DISTINCT FROM (NEW."reviewer_id") OR OLD."line_id" IS DISTINCT FROM (NEW."line_id") OR OLD."model_text" IS DISTINCT FROM (NEW."model_text") OR OLD."planted_text" IS DISTINCT FROM (NEW."planted_text") OR OLD."at" IS DISTINCT FROM (NEW."at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='91c78f447c49e253627bec90cd2138293a8f1402', operation='UPDATE', pgid='pgtrigger_what_was_planted_stays_6b739', table='review_plantederror', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plantederror',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='38720279009dcb4328ad90fdd080f7432197288c', operation='DELETE', pgid='pgtrigger_never_deleted_39469', table='review_plantederror', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plantederror',
            trigger=pgtrigger.compiler.Trigger(name='judged_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."judged_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8da7a3c6ac4c3773d84363afeac8c4d2075ec4de', operation='UPDATE', pgid='pgtrigger_judged_once_32a25', table='review_plantederror', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='linemark',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9e3dfaa8449b03b73265cbb2cf8894f2d8907dbd', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a32ed', table='review_linemark', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lineedit',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6852d5d45fb7d37af78daa9476e8cb250bfdcb3c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_12001', table='review_lineedit', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='label',
            trigger=pgtrigger.compiler.Trigger(name='what_was_said_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."line_id" IS DISTINCT FROM (NEW."line_id") OR OLD."task_id" IS DISTINCT FROM (NEW."task_id") OR OLD."reviewer_id" IS DISTINCT FROM (NEW."reviewer_id") OR OLD."verdict" IS DISTINCT FROM (NEW."verdict") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."base_prediction_id" IS DISTINCT FROM (NEW."base_prediction_id") OR OLD."seconds" IS DISTINCT FROM (NEW."seconds") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='a624a940730e970dcea3003ff108dc681ce3098f', operation='UPDATE', pgid='pgtrigger_what_was_said_stays_ea512', table='review_label', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='label',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='1f33c9fb20a809099c36aee68d5531ef03637a2e', operation='DELETE', pgid='pgtrigger_never_deleted_1af63', table='review_label', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='label',
            trigger=pgtrigger.compiler.Trigger(name='superseded_for_good', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."superseded_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='7770b3a6a2364566ab406bf477d2893bf357f578', operation='UPDATE', pgid='pgtrigger_superseded_for_good_0b408', table='review_label', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='label',
            trigger=pgtrigger.compiler.Trigger(name='no_planted_text', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE edges text;', func='\n        edges := \'.,;:!?()[]"\'\'。、\';\n        IF EXISTS (\n            SELECT 1\n            FROM said_now\n            JOIN review_plantederror AS plant USING (task_id, line_id, reviewer_id)\n            CROSS JOIN LATERAL (\n                SELECT regexp_split_to_array(normalize(plant.model_text, NFC), \'\\s+\') AS there\n            ) AS reading\n            WHERE plant.planted_text = said_now.text OR EXISTS (\n                SELECT 1\n                FROM unnest(string_to_array(plant.planted_text, \' \')) AS shown,\n                    unnest(string_to_array(said_now.text, \' \')) AS said\n                WHERE length(btrim(shown, edges)) >= 3 AND (\n                    said = shown AND shown <> ALL (reading.there)\n                    OR btrim(said, edges) = btrim(shown, edges) AND NOT EXISTS (\n                        SELECT 1 FROM unnest(reading.there) AS word\n                        WHERE btrim(word, edges) = btrim(shown, edges)\n                    )\n                )\n            )\n        ) THEN\n            RAISE EXCEPTION \'pgtrigger: a planted text cannot become a label\';\n        END IF;\n        RETURN NULL;\n    ', hash='b3fb30f1ef0eb7c1fee4504e0dc1340beda10e46', level='STATEMENT', operation='INSERT', pgid='pgtrigger_no_planted_text_6c5d9', referencing='REFERENCING NEW TABLE AS said_now ', table='review_label', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='routingdecision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7bc0ccab9c989b3f7d8cecf4a2370654a37dc67e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_50798', table='review_routingdecision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reviewtask',
            trigger=pgtrigger.compiler.Trigger(name='names_whom_it_checks', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF NEW.first_id IS NOT NULL AND NOT EXISTS (\n            SELECT 1 FROM review_reviewtask\n            WHERE id = NEW.first_id AND page_id = NEW.page_id AND done_by_id = NEW.first_reviewer_id\n        ) OR NEW.second_id IS NOT NULL AND NOT EXISTS (\n            SELECT 1 FROM review_reviewtask\n            WHERE id = NEW.second_id AND page_id = NEW.page_id\n                AND done_by_id = NEW.second_reviewer_id\n        ) THEN\n            RAISE EXCEPTION 'pgtrigger: a check names another reviewer than the one it checks';\n        END IF;\n        RETURN NEW;\n    ", hash='86dce0f9058fe11cf94b48d396ce09af8c3152e1', operation='INSERT OR UPDATE OF "first_id", "first_reviewer_id", "second_id", "second_reviewer_id", "page_id"', pgid='pgtrigger_names_whom_it_checks_17ce3', table='review_reviewtask', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taskskip',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2adac97bdee2309467978a622301ae558b80d3d0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d6a77', table='review_taskskip', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='thresholdchoice',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e829ffd1ce1f553baa9556d6b7a60451c4cec1d4', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_2fabe', table='review_thresholdchoice', when='BEFORE')),
        ),
    ]
