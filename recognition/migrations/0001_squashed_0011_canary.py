"""All of what its migrations made, in one step: a new installation starts sooner."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import recognition.tokens
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('recognition', '0001_initial'),
        ('recognition', '0002_archive_members'),
        ('recognition', '0003_text_layer'),
        ('recognition', '0004_accuracy_target'),
        ('recognition', '0005_character_set'),
        ('recognition', '0006_partial_upload'),
        ('recognition', '0007_second_review'),
        ('recognition', '0008_planted_errors'),
        ('recognition', '0009_lines_keep_their_shape'),
        ('recognition', '0010_queue_policy'),
        ('recognition', '0011_canary'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='DocumentType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('description', models.CharField(blank=True, max_length=500)),
                ('threshold', models.FloatField(default=0.8, help_text="A page goes to a reviewer when any line's probability of being right is below this (0 to 1).", validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)])),
                ('accuracy_target', models.FloatField(blank=True, help_text='Share of accepted lines that is to be right (0.5 to 0.9999). Empty: the threshold above decides. Else the site finds the threshold from reviewed pages.', null=True, validators=[django.core.validators.MinValueValidator(0.5), django.core.validators.MaxValueValidator(0.9999)])),
                ('audit_rate', models.FloatField(default=0.02, help_text='Share of accepted pages drawn at random for review all the same (0 to 1). Accuracy figures come from these.', validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)])),
                ('second_review_rate', models.FloatField(default=0.0, help_text='Share of reviewed pages that a second person reviews as well (0 to 1).', validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)])),
                ('second_review_below', models.FloatField(blank=True, help_text='Every page with a line of a lower probability goes to a second person. Empty: none does for that.', null=True, validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)])),
                ('second_review_blind', models.BooleanField(default=True, help_text='Whether the second person is not shown what the first said.')),
                ('plant_rate', models.FloatField(default=0.0, help_text='Share of surely right lines that are shown to reviewers with an error put in, to see whether they look (0 to 0.1).', validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(0.1)])),
                ('priority', models.SmallIntegerField(default=0, help_text='Pages of types with a higher number are reviewed first.')),
                ('random_share', models.FloatField(default=0.1, help_text='Share of pages that take their place in the queue by chance (0.01 to 1), so that it can be measured what the order by value is worth.', validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(1.0)])),
                ('longest_wait_days', models.PositiveSmallIntegerField(default=7, help_text='Pages that have waited for so many days are reviewed first, the oldest first.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('character_set', models.CharField(choices=[('full', 'All that the model knows'), ('latin', 'Latin'), ('latin-historic', 'Latin with historic letters'), ('digits', 'Digits and signs only'), ('greek', 'Greek and Latin'), ('cyrillic', 'Cyrillic and Latin'), ('chinese', 'Chinese and Latin'), ('japanese', 'Japanese and Latin')], default='full', help_text='Pages are read as if no other characters existed.', max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='Who may see documents of this type. Empty: everyone who may sign in.', related_name='document_types', to='auth.group')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('threshold__gte', 0.0), ('threshold__lte', 1.0)), name='type_threshold_is_share'), models.CheckConstraint(condition=models.Q(('audit_rate__gte', 0.0), ('audit_rate__lte', 1.0)), name='type_audit_is_share'), models.CheckConstraint(condition=models.Q(('character_set__in', ['full', 'latin', 'latin-historic', 'digits', 'greek', 'cyrillic', 'chinese', 'japanese'])), name='type_character_set_known'), models.CheckConstraint(condition=models.Q(('plant_rate__gte', 0.0), ('plant_rate__lte', 0.1)), name='type_plants_few_errors'), models.CheckConstraint(condition=models.Q(('second_review_rate__gte', 0.0), ('second_review_rate__lte', 1.0), models.Q(('second_review_below__isnull', True), models.Q(('second_review_below__gte', 0.0), ('second_review_below__lte', 1.0)), _connector='OR')), name='type_second_review_is_share'), models.CheckConstraint(condition=models.Q(('random_share__gte', 0.01), ('random_share__lte', 1.0)), name='type_some_pages_are_drawn'), models.CheckConstraint(condition=models.Q(('longest_wait_days__gte', 1), ('longest_wait_days__lte', 365)), name='type_wait_has_an_end'), models.CheckConstraint(condition=models.Q(('accuracy_target__isnull', True), models.Q(('accuracy_target__gte', 0.5), ('accuracy_target__lt', 1.0)), _connector='OR'), name='type_target_below_one')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('filename', models.CharField(help_text="As the uploader's machine named it.", max_length=255)),
                ('sha256', models.CharField(max_length=64)),
                ('size_bytes', models.BigIntegerField()),
                ('media_type', models.CharField(blank=True, help_text='By content, not by name.', max_length=100)),
                ('file', models.CharField(help_text='Name in the file storage.', max_length=200)),
                ('status', models.CharField(choices=[('stored', 'Stored'), ('splitting', 'Splitting'), ('split', 'Split'), ('unpacked', 'Unpacked'), ('failed', 'Failed'), ('duplicate', 'Duplicate')], default='stored', max_length=12)),
                ('archive_position', models.PositiveIntegerField(blank=True, help_text="Among the archive's files, from 0.", null=True)),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('failure_message', models.CharField(blank=True, max_length=500)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('queued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('archive', models.ForeignKey(blank=True, help_text='The ZIP archive it came in.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='recognition.document')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='recognition.batch')),
                ('duplicate_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duplicates', to='recognition.document')),
                ('document_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='recognition.documenttype')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('status__in', ['stored', 'splitting'])), fields=['queued_at'], name='document_unfinished')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ['failed', 'duplicate']), _negated=True), fields=('document_type', 'sha256'), name='document_once_in_type'), models.UniqueConstraint(fields=('archive', 'archive_position'), name='document_once_from_archive'), models.CheckConstraint(condition=models.Q(models.Q(('archive__isnull', True), ('archive_position__isnull', True)), models.Q(('archive__isnull', False), ('archive_position__isnull', False)), _connector='OR'), name='document_archive_with_position'), models.CheckConstraint(condition=models.Q(('status__in', ['stored', 'splitting', 'split', 'unpacked', 'failed', 'duplicate'])), name='document_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), models.Q(('failure_code', ''), _negated=True)), models.Q(models.Q(('status', 'failed'), _negated=True), ('failure_code', '')), _connector='OR'), name='document_failed_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('duplicate_of__isnull', False), ('status', 'duplicate')), models.Q(models.Q(('status', 'duplicate'), _negated=True), ('duplicate_of__isnull', True)), _connector='OR'), name='document_duplicate_names_first'), models.CheckConstraint(condition=models.Q(models.Q(('lease_token__isnull', False), ('lease_until__isnull', False), ('status', 'splitting')), models.Q(models.Q(('status', 'splitting'), _negated=True), ('lease_token__isnull', True), ('lease_until__isnull', True)), _connector='OR'), name='document_lease_while_splitting')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('verb', models.CharField(max_length=60)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.CharField(max_length=64)),
                ('data', models.JSONField(blank=True, default=dict)),
                ('actor', models.ForeignKey(blank=True, help_text='Empty: the site itself.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['subject_type', 'subject_id'], name='event_by_subject')],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('base', 'Base'), ('head', 'Head'), ('text', 'Text layer')], max_length=4)),
                ('dictionary_sha256', models.CharField(max_length=64)),
                ('preprocessing_version', models.CharField(max_length=40)),
                ('calibration_version', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('document_type', models.ForeignKey(blank=True, help_text='The type it was trained for; empty for one that serves all.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='model_versions', to='recognition.documenttype')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='recognition.modelversion')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Canary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('share', models.FloatField(help_text='Of the documents, above 0 and up to 0.5.')),
                ('salt', models.UUIDField(default=recognition.tokens.new_token, help_text='So that the next canary is given other documents.')),
                ('status', models.CharField(choices=[('running', 'Running'), ('promoted', 'Promoted'), ('withdrawn', 'Withdrawn')], default='running', max_length=9)),
                ('reason', models.CharField(blank=True, help_text='Why it ended.', max_length=500)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.ForeignKey(blank=True, help_text='Empty: the evidence did it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('started_by', models.ForeignKey(blank=True, help_text='Empty: the gate did it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='canaries', to='recognition.documenttype')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='canaries', to='recognition.modelversion')),
            ],
            options={
                'verbose_name_plural': 'canaries',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('document_type',), name='one_running_canary_per_scope', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('share__gt', 0.0), ('share__lte', 0.5)), name='canary_share_up_to_a_half'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('reason', ''), ('status', 'running')), models.Q(('ended_at__isnull', False), ('status__in', ['promoted', 'withdrawn']), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='canary_ended_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='ActiveModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='recognition.documenttype')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.modelversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('document_type',), name='one_active_model_per_scope', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Activation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('activate', 'Activated'), ('rollback', 'Rolled back')], max_length=8)),
                ('reason', models.CharField(max_length=500)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(blank=True, help_text='Empty: the gate did it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='activations', to='recognition.documenttype')),
                ('model_version', models.ForeignKey(blank=True, help_text='Empty: the type is served by the model for all types again.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='activations', to='recognition.modelversion')),
                ('previous', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recognition.modelversion')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Page',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='From 1.')),
                ('image', models.CharField(help_text='Name in the file storage.', max_length=200)),
                ('width', models.PositiveIntegerField(help_text='Pixels of the stored image.')),
                ('height', models.PositiveIntegerField(help_text='Pixels of the stored image.')),
                ('sha256', models.CharField(help_text="Of the stored image's bytes.", max_length=64)),
                ('text_source', models.CharField(choices=[('image', 'Read from the image'), ('text_layer', "Taken from the PDF's text layer")], default='image', max_length=10)),
                ('text_layer', models.JSONField(blank=True, help_text='{"producer", "lines": [[text, block, polygon], ...]} in reading order.', null=True)),
                ('text_layer_fault', models.CharField(blank=True, help_text="Why the PDF's text layer is not used.", max_length=12)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('reading', 'Reading'), ('read', 'Read'), ('accepted', 'Accepted'), ('review', 'To review'), ('reviewed', 'Reviewed'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('failure_message', models.CharField(blank=True, max_length=500)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('reading_token', models.UUIDField(blank=True, null=True)),
                ('reading_until', models.DateTimeField(blank=True, null=True)),
                ('queued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('character_set', models.CharField(choices=[('full', 'All that the model knows'), ('latin', 'Latin'), ('latin-historic', 'Latin with historic letters'), ('digits', 'Digits and signs only'), ('greek', 'Greek and Latin'), ('cyrillic', 'Cyrillic and Latin'), ('chinese', 'Chinese and Latin'), ('japanese', 'Japanese and Latin')], default='full', help_text='With which it was read last.', max_length=20)),
                ('lowest_confidence', models.FloatField(blank=True, help_text='Of its weakest line; empty where there is no line.', null=True)),
                ('canary', models.ForeignKey(blank=True, db_index=False, help_text='As which the model version read the page last.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='recognition.canary')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='recognition.document')),
                ('model_version', models.ForeignKey(blank=True, help_text='Read the page last.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='recognition.modelversion')),
            ],
            options={
                'ordering': ['document_id', 'number'],
                'indexes': [models.Index(fields=['status', 'queued_at'], name='page_by_status'), models.Index(condition=models.Q(('canary__isnull', False)), fields=['canary'], name='page_by_canary')],
                'constraints': [models.UniqueConstraint(fields=('document', 'number'), name='page_number_once_in_document'), models.CheckConstraint(condition=models.Q(('height__gte', 1), ('number__gte', 1), ('width__gte', 1)), name='page_number_from_one'), models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'reading', 'read', 'accepted', 'review', 'reviewed', 'failed'])), name='page_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), models.Q(('failure_code', ''), _negated=True)), models.Q(models.Q(('status', 'failed'), _negated=True), ('failure_code', '')), _connector='OR'), name='page_failed_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('text_layer__isnull', False), ('text_layer_fault', ''), ('text_source', 'text_layer')), models.Q(('text_layer__isnull', True), ('text_source', 'image')), _connector='OR'), name='page_text_layer_where_it_is_the_source'), models.CheckConstraint(condition=models.Q(('text_source', 'image'), ('lowest_confidence__isnull', True), _connector='OR'), name='page_text_layer_has_no_confidence'), models.CheckConstraint(condition=models.Q(models.Q(('reading_token__isnull', False), ('reading_until__isnull', False), ('status', 'reading')), models.Q(models.Q(('status', 'reading'), _negated=True), ('reading_token__isnull', True), ('reading_until__isnull', True)), _connector='OR'), name='page_lease_while_reading'), models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'reading', 'failed']), models.Q(('model_version__isnull', False), ('read_at__isnull', False)), _connector='OR'), name='page_read_names_its_model'), models.CheckConstraint(condition=models.Q(('canary__isnull', True), ('model_version__isnull', False), _connector='OR'), name='page_of_a_canary_names_its_model'), models.CheckConstraint(condition=models.Q(('character_set__in', ['full', 'latin', 'latin-historic', 'digits', 'greek', 'cyrillic', 'chinese', 'japanese'])), name='page_character_set_known'), models.CheckConstraint(condition=models.Q(('lowest_confidence__isnull', True), models.Q(('lowest_confidence__gte', 0.0), ('lowest_confidence__lte', 1.0)), _connector='OR'), name='page_confidence_is_share')],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(help_text='In reading order, from 0.')),
                ('block', models.PositiveIntegerField(default=0, help_text='Column or paragraph, from 0.')),
                ('polygon', models.JSONField(help_text="Four [x, y] in pixels of the stored page image, clockwise from the text's top left.")),
                ('crop_sha256', models.CharField(help_text="Of the rectified crop's pixels.", max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='recognition.page')),
            ],
            options={
                'ordering': ['page_id', 'position'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at__isnull', True)), fields=('page', 'position'), name='line_position_once_on_page')],
            },
        ),
        migrations.CreateModel(
            name='PartialUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('filename', models.CharField(max_length=255)),
                ('size_bytes', models.BigIntegerField(help_text='Of the whole file, as its sender says.')),
                ('fingerprint', models.CharField(help_text='How its sender knows the file again: name, size and time of change.', max_length=200)),
                ('sha256', models.CharField(blank=True, help_text='Of the whole file, where its sender said it.', max_length=64)),
                ('status', models.CharField(choices=[('open', 'Open'), ('done', 'Done')], default='open', max_length=4)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('touched_at', models.DateTimeField(auto_now_add=True, help_text='When a part came last.')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='partial_uploads', to='recognition.batch')),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='partial_uploads', to='recognition.document')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partial_uploads', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['status', 'touched_at'], name='partial_by_age')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('owner', 'batch', 'fingerprint'), name='partial_once_per_file'), models.CheckConstraint(condition=models.Q(models.Q(('document__isnull', True), ('status', 'open')), models.Q(('document__isnull', False), ('status', 'done')), _connector='OR'), name='partial_done_names_its_document'), models.CheckConstraint(condition=models.Q(('size_bytes__gte', 1)), name='partial_size_known')],
            },
        ),
        migrations.CreateModel(
            name='Prediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('confidence', models.FloatField(blank=True, help_text='Calibrated probability that the line is exactly right.', null=True)),
                ('raw_score', models.FloatField(blank=True, help_text="Mean of the characters' scores, as PaddleOCR gives.", null=True)),
                ('characters', models.JSONField(help_text="For each character [text, confidence, start, end, [[text, probability], ...]]; start and end as a share of the crop's width.")),
                ('preprocessing_version', models.CharField(max_length=40)),
                ('calibration_version', models.CharField(max_length=80)),
                ('dictionary_sha256', models.CharField(max_length=64)),
                ('character_set', models.CharField(choices=[('full', 'All that the model knows'), ('latin', 'Latin'), ('latin-historic', 'Latin with historic letters'), ('digits', 'Digits and signs only'), ('greek', 'Greek and Latin'), ('cyrillic', 'Cyrillic and Latin'), ('chinese', 'Chinese and Latin'), ('japanese', 'Japanese and Latin')], default='full', help_text='What could be read; the model knows more.', max_length=20)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='recognition.line')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='recognition.modelversion')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('line', 'model_version', 'character_set'), name='prediction_once_per_line_model_and_set'), models.CheckConstraint(condition=models.Q(('character_set__in', ['full', 'latin', 'latin-historic', 'digits', 'greek', 'cyrillic', 'chinese', 'japanese'])), name='prediction_character_set_known'), models.CheckConstraint(condition=models.Q(('confidence__isnull', True), models.Q(('confidence__gte', 0.0), ('confidence__lte', 1.0)), _connector='OR'), name='prediction_confidence_is_share')],
            },
        ),
        migrations.AddField(
            model_name='batch',
            name='document_type',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='recognition.documenttype'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='event',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a8ac6b4c59aa17d9009e40e43e4facc30f154b64', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_2c954', table='recognition_event', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='modelversion',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='60e4742b8f494a8f703465f0cb592cfdf169e6af', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8e03a', table='recognition_modelversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='canary',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='48425b8353ea6e4b3ce4051e19c5b1bb64003e13', operation='DELETE', pgid='pgtrigger_never_deleted_2a24a', table='recognition_canary', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='canary',
            trigger=pgtrigger.compiler.Trigger(name='reads_pictures', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (\n            SELECT 1 FROM recognition_modelversion\n            WHERE id = NEW.model_version_id AND kind = 'text'\n        ) THEN\n            RAISE EXCEPTION 'pgtrigger: a text layer cannot be the active model';\n        END IF;\n        RETURN NEW;\n    ", hash='931da32d2c055728ac7a3b411cd39084964abac0', operation='INSERT OR UPDATE', pgid='pgtrigger_reads_pictures_7d3a9', table='recognition_canary', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='canary',
            trigger=pgtrigger.compiler.Trigger(name='canary_is_another', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE serving bigint;', func="\n        IF NEW.status = 'running' THEN\n            SELECT model_version_id INTO serving FROM recognition_activemodel\n            WHERE document_type_id IS NULL OR document_type_id = NEW.document_type_id\n            ORDER BY document_type_id NULLS LAST LIMIT 1 FOR SHARE;\n            IF serving = NEW.model_version_id THEN\n                RAISE EXCEPTION 'pgtrigger: the active model cannot be the canary beside itself';\n            END IF;\n        END IF;\n        RETURN NEW;\n    ", hash='57a79d91f3f42e5c26931901f450f5bc3d9ddb8e', operation='INSERT OR UPDATE', pgid='pgtrigger_canary_is_another_54c25', table='recognition_canary', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='canary',
            trigger=pgtrigger.compiler.Trigger(name='what_it_is_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."document_type_id" IS DISTINCT FROM (NEW."document_type_id") OR OLD."model_version_id" IS DISTINCT FROM (NEW."model_version_id") OR OLD."salt" IS DISTINCT FROM (NEW."salt") OR OLD."started_at" IS DISTINCT FROM (NEW."started_at") OR OLD."started_by_id" IS DISTINCT FROM (NEW."started_by_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8bbffff5c9f455fe07872f8ab2eb87a53a08be35', operation='UPDATE', pgid='pgtrigger_what_it_is_stays_327e1', table='recognition_canary', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='activemodel',
            trigger=pgtrigger.compiler.Trigger(name='reads_pictures', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (\n            SELECT 1 FROM recognition_modelversion\n            WHERE id = NEW.model_version_id AND kind = 'text'\n        ) THEN\n            RAISE EXCEPTION 'pgtrigger: a text layer cannot be the active model';\n        END IF;\n        RETURN NEW;\n    ", hash='c00dd1338fbe5d3f274dea93ebbb7adc59a1dead', operation='INSERT OR UPDATE', pgid='pgtrigger_reads_pictures_304f6', table='recognition_activemodel', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='activemodel',
            trigger=pgtrigger.compiler.Trigger(name='canary_ends_first', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (\n            SELECT 1 FROM recognition_canary\n            WHERE status = 'running' AND model_version_id = NEW.model_version_id\n            AND document_type_id IS NOT DISTINCT FROM NEW.document_type_id\n        ) THEN\n            RAISE EXCEPTION 'pgtrigger: the canary has to end before it becomes the active model';\n        END IF;\n        RETURN NEW;\n    ", hash='1814cfaaf5ed1debb2856941f7d7b15796ea6bfd', operation='INSERT OR UPDATE', pgid='pgtrigger_canary_ends_first_6b1ab', table='recognition_activemodel', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='activation',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='373f61d0e9a3b40ad82c3fb31b3b7100e7128406', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f5729', table='recognition_activation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='line',
            trigger=pgtrigger.compiler.Trigger(name='shape_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."page_id" IS DISTINCT FROM (NEW."page_id") OR OLD."polygon" IS DISTINCT FROM (NEW."polygon") OR OLD."crop_sha256" IS DISTINCT FROM (NEW."crop_sha256") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='037a311a92691b8795465d32f9f10fd499bccdc8', operation='UPDATE', pgid='pgtrigger_shape_stays_b0999', table='recognition_line', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='line',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='2f824d9a7a9e22e2a76bdddc37192d1a0ac4a952', operation='DELETE', pgid='pgtrigger_never_deleted_d4657', table='recognition_line', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='prediction',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='404caeea954fb228dbeb88cd329a0e8f4a5bfce4', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_184d9', table='recognition_prediction', when='BEFORE')),
        ),
    ]
