"""What was approved, and who asked to withdraw it."""

import hashlib
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def approve_published(apps: Any, schema_editor: Any) -> None:
    """What is in force stays so: its text is taken for the one that was approved."""
    drafts = apps.get_model("industry", "PolicyDraft")
    for draft in drafts.objects.filter(state="published"):
        text = draft.content.encode("utf-8", "surrogatepass")
        drafts.objects.filter(pk=draft.pk).update(approved_mark=hashlib.sha256(text).hexdigest())


class Migration(migrations.Migration):

    dependencies = [
        ('industry', '0003_books_are_private'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalpolicydraft',
            name='approved_mark',
            field=models.CharField(blank=True, max_length=64, verbose_name='核准文本指纹'),
        ),
        migrations.AddField(
            model_name='historicalpolicydraft',
            name='withdrawal_asked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='申请撤回时间'),
        ),
        migrations.AddField(
            model_name='historicalpolicydraft',
            name='withdrawal_asked_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申请撤回人'),
        ),
        migrations.AddField(
            model_name='policydraft',
            name='approved_mark',
            field=models.CharField(blank=True, max_length=64, verbose_name='核准文本指纹'),
        ),
        migrations.AddField(
            model_name='policydraft',
            name='withdrawal_asked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='申请撤回时间'),
        ),
        migrations.AddField(
            model_name='policydraft',
            name='withdrawal_asked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申请撤回人'),
        ),
        migrations.RunPython(approve_published, migrations.RunPython.noop),
    ]
