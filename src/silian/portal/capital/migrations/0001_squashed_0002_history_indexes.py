import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from silian.portal.migration_steps import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('capital', '0001_grants'),
        ('capital', '0002_history_indexes'),
    ]

    initial = True

    dependencies = [
        ('registry', '0002_import_job_notes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='HistoricalGrant',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('public_id', models.CharField(editable=False, max_length=32, verbose_name='公开编号')),
                    ('source_key', models.CharField(max_length=200, verbose_name='来源主键')),
                    ('source_row', models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='来源行号')),
                    ('source_hash', models.CharField(blank=True, editable=False, max_length=32, verbose_name='内容指纹')),
                    ('valid_from', models.DateField(blank=True, null=True, verbose_name='有效期自')),
                    ('valid_until', models.DateField(blank=True, null=True, verbose_name='有效期至')),
                    ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='建立时间')),
                    ('updated_at', models.DateTimeField(blank=True, editable=False, verbose_name='更新时间')),
                    ('audience', models.CharField(choices=[('public', '公开'), ('members', '登录可见'), ('owner', '仅本单位')], default='owner', max_length=16, verbose_name='可见范围')),
                    ('policy_id', models.CharField(max_length=100, verbose_name='政策编号')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='数据年度')),
                    ('amount_cny', models.DecimalField(decimal_places=2, max_digits=20, validators=[django.core.validators.MinValueValidator(0)], verbose_name='金额（元）')),
                    ('paid_on', models.DateField(blank=True, null=True, verbose_name='兑现日期')),
                    ('document_number', models.CharField(blank=True, max_length=100, verbose_name='拨付文号')),
                    ('history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('history_date', models.DateTimeField(db_index=True)),
                    ('history_change_reason', models.CharField(max_length=100, null=True)),
                    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                    ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('organisation', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.organisation', verbose_name='单位')),
                    ('owner', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.organisation', verbose_name='归属单位')),
                    ('register', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.register', verbose_name='来源登记库')),
                ],
                options={
                    'verbose_name': 'historical 奖补兑现',
                    'verbose_name_plural': 'historical 奖补兑现',
                    'ordering': ('-history_date', '-history_id'),
                    'get_latest_by': ('history_date', 'history_id'),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name='Grant',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.CharField(editable=False, max_length=32, unique=True, verbose_name='公开编号')),
                    ('source_key', models.CharField(max_length=200, verbose_name='来源主键')),
                    ('source_row', models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='来源行号')),
                    ('source_hash', models.CharField(blank=True, editable=False, max_length=32, verbose_name='内容指纹')),
                    ('valid_from', models.DateField(blank=True, null=True, verbose_name='有效期自')),
                    ('valid_until', models.DateField(blank=True, null=True, verbose_name='有效期至')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='建立时间')),
                    ('updated_at', models.DateTimeField(auto_now=True, db_index=True, verbose_name='更新时间')),
                    ('audience', models.CharField(choices=[('public', '公开'), ('members', '登录可见'), ('owner', '仅本单位')], default='owner', max_length=16, verbose_name='可见范围')),
                    ('policy_id', models.CharField(db_index=True, max_length=100, verbose_name='政策编号')),
                    ('year', models.PositiveSmallIntegerField(db_index=True, verbose_name='数据年度')),
                    ('amount_cny', models.DecimalField(decimal_places=2, max_digits=20, validators=[django.core.validators.MinValueValidator(0)], verbose_name='金额（元）')),
                    ('paid_on', models.DateField(blank=True, null=True, verbose_name='兑现日期')),
                    ('document_number', models.CharField(blank=True, max_length=100, verbose_name='拨付文号')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='registry.organisation', verbose_name='单位')),
                    ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.organisation', verbose_name='归属单位')),
                    ('register', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='registry.register', verbose_name='来源登记库')),
                ],
                options={
                    'verbose_name': '奖补兑现',
                    'verbose_name_plural': '奖补兑现',
                    'indexes': [models.Index(fields=['organisation', 'policy_id'], name='grant_subject')],
                    'constraints': [models.UniqueConstraint(fields=('register', 'source_key'), name='grant_key_once_per_register')],
                },
            ),
        ]),
    ]
