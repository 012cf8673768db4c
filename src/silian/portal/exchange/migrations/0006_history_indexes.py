from django.db import migrations

from silian.portal.migration_steps import DropIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0005_team_notes'),
    ]

    operations = [
        DropIndexes({
            'historicalfinding': ('diagnosis', 'edited_by', 'public_id'),
            'historicalmatch': ('need', 'public_id', 'status', 'supply_id'),
            'historicalvisit': ('actor', 'diagnosis', 'organisation', 'public_id'),
        }),
    ]
