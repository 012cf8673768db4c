from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0007_import_job_replace'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='remarked_count',
            field=models.PositiveIntegerField(default=0, verbose_name='有提示'),
        ),
        migrations.AlterField(
            model_name='rejectedrow',
            name='state',
            field=models.CharField(choices=[('open', '待处理'), ('remarked', '已入库，有提示'), ('mended', '已修正入库'), ('dismissed', '已忽略')], default='open', max_length=16, verbose_name='状态'),
        ),
    ]
