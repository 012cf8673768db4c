from django.db import migrations

from silian.portal.migration_steps import DropIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('innovation', '0001_initial'),
    ]

    operations = [
        DropIndexes({
            'historicalachievement': ('organisation', 'owner', 'public_id', 'region', 'register', 'updated_at'),
            'historicalfacility': ('organisation', 'owner', 'public_id', 'region', 'register', 'updated_at'),
            'historicalpatent': ('organisation', 'owner', 'public_id', 'publication_number', 'register', 'updated_at'),
            'historicalplatform': ('organisation', 'owner', 'public_id', 'region', 'register', 'updated_at'),
            'historicalproject': ('leader', 'number', 'organisation', 'owner', 'public_id', 'register', 'updated_at'),
            'historicalpublication': ('organisation', 'owner', 'public_id', 'register', 'updated_at'),
            'historicalserviceagency': ('organisation', 'owner', 'public_id', 'region', 'register', 'updated_at'),
        }),
    ]
