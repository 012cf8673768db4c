from django.db import migrations

from silian.portal.migration_steps import DropIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('industry', '0006_subject_years'),
    ]

    operations = [
        DropIndexes({
            'historicalenterpriseyear': ('owner', 'public_id', 'register', 'updated_at', 'year'),
            'historicalfacilityyear': ('organisation', 'owner', 'public_id', 'register', 'subject', 'updated_at', 'year'),
            'historicalneed': ('organisation', 'owner', 'public_id', 'region', 'register', 'status', 'updated_at'),
            'historicalpolicyapplication': ('actor', 'organisation', 'policy_id', 'public_id'),
            'historicalpolicydraft': ('author', 'last_editor', 'policy_id', 'public_id', 'publisher', 'withdrawal_asked_by'),
            'historicalserviceagencyyear': ('organisation', 'owner', 'public_id', 'register', 'subject', 'updated_at', 'year'),
        }),
    ]
