from django.db import migrations

from silian.portal.migration_steps import DropIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('capital', '0001_grants'),
    ]

    operations = [
        DropIndexes({
            'historicalgrant': ('organisation', 'owner', 'policy_id', 'public_id', 'register', 'updated_at', 'year'),
        }),
    ]
