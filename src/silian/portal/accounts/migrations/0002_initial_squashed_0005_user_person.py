import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('accounts', '0002_initial'), ('accounts', '0003_sign_in_failure'), ('accounts', '0004_adviser_role'), ('accounts', '0005_user_person')]

    dependencies = [
        ('accounts', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('registry', '0005_withheld_values'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='users', to='registry.organisation', verbose_name='所属单位'),
        ),
        migrations.AddField(
            model_name='user',
            name='user_permissions',
            field=models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='apikey',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='registry.organisation', verbose_name='所属单位'),
        ),
        migrations.CreateModel(
            name='SignInFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('username_hash', models.CharField(max_length=64)),
                ('address', models.CharField(max_length=45, verbose_name='地址')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='时间')),
            ],
            options={
                'verbose_name': '登录失败',
                'verbose_name_plural': '登录失败',
                'indexes': [models.Index(fields=['address', 'username_hash', 'created_at'], name='accounts_si_address_da59fc_idx')],
            },
        ),
        migrations.AlterField(
            model_name='apikey',
            name='role',
            field=models.CharField(choices=[('operator', '运营方'), ('enterprise', '企业'), ('research', '科研方'), ('adviser', '服务专员'), ('viewer', '访客')], default='viewer', max_length=16, verbose_name='角色'),
        ),
        migrations.AlterField(
            model_name='user',
            name='role',
            field=models.CharField(choices=[('operator', '运营方'), ('enterprise', '企业'), ('research', '科研方'), ('adviser', '服务专员'), ('viewer', '访客')], default='viewer', max_length=16, verbose_name='角色'),
        ),
        migrations.AddField(
            model_name='user',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='users', to='registry.person', verbose_name='本人档案'),
        ),
    ]
