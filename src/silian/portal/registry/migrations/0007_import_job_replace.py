from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0006_history_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='replace',
            field=models.BooleanField(default=False, verbose_name='替换'),
        ),
    ]
