from django.db import migrations

# The sample city wrote codes, templates words; now both are the words of service_kinds.yaml,
# kept here as they were when the stored ones were changed.
_KINDS = {
    "技术转移": "technology_transfer 成果转化 科技成果转化 科技成果转移转化 技术转移服务",
    "检验检测认证": "testing 检验检测 检测认证 质量检测 检测服务 检验检测服务",
    "知识产权": "ip 知识产权服务 专利代理 专利运营",
    "科技咨询": "consulting 科技咨询服务 项目咨询",
    "科技金融": "finance 科技金融服务 投融资 融资对接",
    "工业设计": "design 工业设计服务 产品设计 结构设计",
    "人才服务": "talent 人力资源 人力资源服务 猎头",
}
_WORDS = {word: kind for kind, words in _KINDS.items() for word in words.split()}


def _use_one_word_each(apps, schema_editor):
    """Rewrite them in records and in what these said before, and have the records indexed."""
    agencies = apps.get_model("innovation", "ServiceAgency")
    changed = _rewrite(agencies)
    _rewrite(apps.get_model("innovation", "HistoricalServiceAgency"))
    tasks = apps.get_model("exchange", "IndexTask")
    ids = agencies.objects.filter(pk__in=changed).values_list("public_id", flat=True)
    due = (tasks(public_id=public_id) for public_id in ids.iterator())
    tasks.objects.bulk_create(due, ignore_conflicts=True, batch_size=1_000)


def _rewrite(model):
    rewritten = []
    for row in model.objects.exclude(service_kinds=[]).only("pk", "service_kinds").iterator():
        kinds = list(dict.fromkeys(_WORDS.get(word, word) for word in row.service_kinds))
        if kinds != row.service_kinds:
            row.service_kinds = kinds
            rewritten.append(row)
    for at in range(0, len(rewritten), 1_000):
        model.objects.bulk_update(rewritten[at : at + 1_000], ["service_kinds"])
    return [row.pk for row in rewritten]


class Migration(migrations.Migration):
    dependencies = [
        ("innovation", "0002_history_indexes"),
        ("exchange", "0006_history_indexes"),
    ]

    operations = [
        migrations.RunPython(_use_one_word_each, migrations.RunPython.noop),
    ]
