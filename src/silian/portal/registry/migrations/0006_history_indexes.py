from django.db import migrations

from silian.portal.migration_steps import DropIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0005_withheld_values'),
    ]

    operations = [
        DropIndexes({
            'historicalaffiliation': ('organisation', 'owner', 'person', 'register', 'updated_at'),
            'historicalchainlink': ('owner', 'public_id', 'register', 'relation', 'source', 'target', 'updated_at'),
            'historicalchainmember': ('node', 'organisation', 'owner', 'public_id', 'register', 'updated_at'),
            'historicalchainnode': ('code', 'name', 'node_kind', 'owner', 'public_id', 'register', 'updated_at'),
            'historicalorganisation': ('name', 'organisation_kind', 'owner', 'public_id', 'region', 'register', 'stock_code', 'unified_social_credit_code', 'updated_at'),
            'historicalperson': ('name', 'organisation', 'owner', 'public_id', 'register', 'updated_at'),
            'historicalregion': ('adcode', 'owner', 'parent_adcode', 'public_id', 'register', 'updated_at'),
        }),
    ]
