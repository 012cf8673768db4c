import django.db.models.deletion
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models

from silian.portal.migration_steps import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('insight', '0001_initial'),
        ('insight', '0002_history_indexes'),
    ]

    initial = True

    dependencies = [
        ('registry', '0003_chains_and_identities'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='ChainPlacement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_id', models.CharField(db_index=True, max_length=32, verbose_name='记录')),
                    ('verdict', models.CharField(choices=[('confirmed', '确认'), ('refused', '不属于')], max_length=16, verbose_name='决定')),
                    ('note', models.CharField(blank=True, max_length=500, verbose_name='理由')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='时间')),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                    ('node', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='registry.chainnode')),
                ],
                options={
                    'verbose_name': '环节归属决定',
                    'verbose_name_plural': '环节归属决定',
                    'ordering': ('created_at', 'id'),
                },
            ),
            migrations.CreateModel(
                name='HistoricalTargetChain',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('name', models.CharField(max_length=200, verbose_name='名称')),
                    ('name_en', models.CharField(blank=True, max_length=200, verbose_name='英文名称')),
                    ('description', models.TextField(blank=True, verbose_name='说明')),
                    ('depth', models.PositiveSmallIntegerField(default=3, verbose_name='上溯层数')),
                    ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='建立时间')),
                    ('updated_at', models.DateTimeField(blank=True, editable=False, verbose_name='更新时间')),
                    ('history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('history_date', models.DateTimeField(db_index=True)),
                    ('history_change_reason', models.CharField(max_length=100, null=True)),
                    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                    ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'historical 目标产业链',
                    'verbose_name_plural': 'historical 目标产业链',
                    'ordering': ('-history_date', '-history_id'),
                    'get_latest_by': ('history_date', 'history_id'),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name='SavedView',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('name', models.CharField(max_length=200, verbose_name='名称')),
                    ('state', models.JSONField(verbose_name='视图')),
                    ('shared', models.BooleanField(default=False, verbose_name='可分享')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='建立时间')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='更新时间')),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name='保存人')),
                ],
                options={
                    'verbose_name': '图谱视图',
                    'verbose_name_plural': '图谱视图',
                    'ordering': ('-updated_at',),
                },
            ),
            migrations.CreateModel(
                name='TagNote',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_id', models.CharField(db_index=True, max_length=32, verbose_name='画像对象')),
                    ('tag_key', models.CharField(max_length=200, verbose_name='标签')),
                    ('action', models.CharField(choices=[('hidden', '隐藏'), ('corrected', '更正'), ('added', '补充')], max_length=16, verbose_name='动作')),
                    ('text', models.CharField(blank=True, max_length=200, verbose_name='内容')),
                    ('reason', models.CharField(blank=True, max_length=500, verbose_name='理由')),
                    ('expires_on', models.DateField(blank=True, null=True, verbose_name='有效至')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='时间')),
                    ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='撤回时间')),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': '画像意见',
                    'verbose_name_plural': '画像意见',
                    'ordering': ('created_at', 'id'),
                },
            ),
            migrations.CreateModel(
                name='TargetChain',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('name', models.CharField(max_length=200, unique=True, verbose_name='名称')),
                    ('name_en', models.CharField(blank=True, max_length=200, verbose_name='英文名称')),
                    ('description', models.TextField(blank=True, verbose_name='说明')),
                    ('depth', models.PositiveSmallIntegerField(default=3, verbose_name='上溯层数')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='建立时间')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='更新时间')),
                    ('nodes', models.ManyToManyField(related_name='target_chains', to='registry.chainnode', verbose_name='终端环节')),
                ],
                options={
                    'verbose_name': '目标产业链',
                    'verbose_name_plural': '目标产业链',
                    'ordering': ('name',),
                },
            ),
            migrations.CreateModel(
                name='HistoricalTargetChain_nodes',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('chainnode', models.ForeignKey(blank=True, db_constraint=False, db_index=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.chainnode')),
                    ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='insight.historicaltargetchain')),
                    ('targetchain', models.ForeignKey(blank=True, db_constraint=False, db_index=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='insight.targetchain')),
                ],
                options={
                    'verbose_name': 'HistoricalTargetChain_nodes',
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
        ]),
    ]
