"""What research has brought forth: achievements, patents, projects, publications."""

from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models import Organisation, Person, Record


class Achievement(Record):
    """A technical achievement that somebody could put to use (科技成果)."""

    kind = "achievement"

    class TransferMode(models.TextChoices):
        LICENCE = "licence", both("许可", "Licence")
        ASSIGNMENT = "assignment", both("转让", "Assignment")
        EQUITY = "equity", both("作价入股", "Equity")
        CO_DEVELOPMENT = "co_development", both("合作开发", "Co-development")

    title = models.CharField("名称", max_length=300)
    summary = models.TextField("内容摘要", blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    readiness_level = models.PositiveSmallIntegerField("技术成熟度", null=True, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="achievements"
    )
    region = models.ForeignKey("registry.Region", models.SET_NULL, null=True, blank=True)
    price_cny = models.DecimalField(
        "意向价格（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    transfer_mode = models.CharField(
        "转化方式", max_length=32, choices=TransferMode.choices, blank=True
    )
    intellectual_property = models.CharField("知识产权", max_length=300, blank=True)
    advantages = models.TextField("优势", blank=True)
    comparison = models.TextField("与领先竞品比较", blank=True)
    completed_on = models.DateField("完成日期", null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "科技成果"

    def __str__(self) -> str:
        return self.title


class Patent(Record):
    """A patent or an application for one (专利)."""

    kind = "patent"

    class PatentKind(models.TextChoices):
        INVENTION = "invention", both("发明", "Invention")
        UTILITY_MODEL = "utility_model", both("实用新型", "Utility model")
        DESIGN = "design", both("外观设计", "Design")

    title = models.CharField("名称", max_length=300)
    abstract = models.TextField("摘要", blank=True)
    publication_number = models.CharField("公开号", max_length=40, blank=True, db_index=True)
    patent_kind = models.CharField(
        "类型", max_length=16, choices=PatentKind.choices, default=PatentKind.INVENTION
    )
    ipc_codes = models.JSONField("IPC 分类号", default=list, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="patents"
    )
    assignees = models.ManyToManyField(Organisation, blank=True, related_name="+")
    assignee_text = models.CharField("申请人", max_length=1000, blank=True)
    inventor_text = models.CharField("发明人", max_length=1000, blank=True)
    application_date = models.DateField("申请日", null=True, blank=True)
    grant_date = models.DateField("授权日", null=True, blank=True)
    legal_status = models.CharField("法律状态", max_length=50, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "专利"

    def __str__(self) -> str:
        return self.title


class Project(Record):
    """A funded research project (科技计划项目)."""

    kind = "project"

    title = models.CharField("名称", max_length=300)
    number = models.CharField("编号", max_length=64, blank=True, db_index=True)
    programme = models.CharField("计划类别", max_length=200, blank=True)
    level = models.CharField("级别", max_length=32, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="projects"
    )
    leader = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="led_projects"
    )
    funds_cny = models.DecimalField(
        "经费（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    started_on = models.DateField("开始日期", null=True, blank=True)
    ended_on = models.DateField("结束日期", null=True, blank=True)
    summary = models.TextField("简介", blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "科技项目"

    def __str__(self) -> str:
        return self.title


class Publication(Record):
    """A paper (论文); it tells what its authors know."""

    kind = "publication"

    title = models.CharField("题名", max_length=500)
    abstract = models.TextField("摘要", blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    author_text = models.TextField("作者与单位（原文）", blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="publications"
    )
    published_on = models.DateField("发表日期", null=True, blank=True)
    doi = models.CharField("DOI", max_length=200, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "论文"

    def __str__(self) -> str:
        return self.title


class Contribution(models.Model):
    """A person's part in an achievement, a patent, a project or a publication."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="contributions")
    subject_id = models.CharField("成果编号", max_length=32, db_index=True)  # a public id
    role = models.CharField("角色", max_length=16)  # inventor, leader, author
    position = models.PositiveSmallIntegerField("排序", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "贡献"
        constraints = [
            models.UniqueConstraint(
                fields=("person", "subject_id", "role"), name="contribution_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role} {self.subject_id}"
