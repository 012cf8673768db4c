from django.db import migrations

from silian.portal.migration_steps import DropIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('insight', '0001_initial'),
    ]

    operations = [
        DropIndexes({
            'historicaltargetchain': ('name', 'public_id'),
            'historicaltargetchain_nodes': ('chainnode', 'targetchain'),
        }),
    ]
