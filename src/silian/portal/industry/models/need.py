"""What enterprises need."""

from django.db import models
from django.utils import timezone

from silian.portal.bilingual import both
from silian.portal.registry.models import Organisation, Record


class Need(Record):
    """A need that somebody in the region may meet (企业需求)."""

    kind = "need"

    class NeedKind(models.TextChoices):
        TECHNOLOGY = "technology", both("技术攻关", "Technology")
        FACILITY = "facility", both("仪器与中试", "Facility")
        SERVICE = "service", both("科技服务", "Service")
        TALENT = "talent", both("人才引进", "Talent")

    class Status(models.TextChoices):
        DRAFT = "draft", both("草稿", "Draft")
        PUBLISHED = "published", both("已发布", "Published")
        CONTRACTED = "contracted", both("已签约", "Contracted")
        CLOSED = "closed", both("已关闭", "Closed")

    title = models.CharField("标题", max_length=300)
    text = models.TextField("需求内容")
    need_kind = models.CharField(
        "类型", max_length=16, choices=NeedKind.choices, default=NeedKind.TECHNOLOGY
    )
    status = models.CharField(
        "状态", max_length=16, choices=Status.choices, default=Status.PUBLISHED, db_index=True
    )
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="needs"
    )
    region = models.ForeignKey("registry.Region", models.SET_NULL, null=True, blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    budget_cny = models.DecimalField(
        "预算（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    readiness_target = models.PositiveSmallIntegerField("期望成熟度", null=True, blank=True)
    present_state = models.TextField("现状与基础", blank=True)
    target = models.TextField("技术指标", blank=True)
    deadline = models.DateField("截止日期", null=True, blank=True)
    published_on = models.DateField("发布日期", null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "企业需求"

    def __str__(self) -> str:
        return self.title

    @property
    def is_overdue(self) -> bool:
        """Whether it is still published, though its deadline is past."""
        is_open = self.status == self.Status.PUBLISHED
        return is_open and self.deadline is not None and self.deadline < timezone.localdate()
