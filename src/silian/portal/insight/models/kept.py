"""Saved views of the graph, the city's target chains, and what people said of placements, tags."""

import uuid

from django.conf import settings
from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models import ChainNode, History


class SavedView(models.Model):
    """A view of the graph explorer: what is shown, filtered and laid out; shared by its address."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("名称", max_length=200)
    state = models.JSONField("视图")  # nodes, filters, positions: read through the domain only
    shared = models.BooleanField("可分享", default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="保存人")
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "图谱视图"
        ordering = ("-updated_at",)

    def __str__(self) -> str:
        return self.name


class TargetChain(models.Model):
    """A chain that the city has chosen to build (目标产业链): its end products and how far up."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("名称", max_length=200, unique=True)
    name_en = models.CharField("英文名称", max_length=200, blank=True)
    description = models.TextField("说明", blank=True)
    nodes = models.ManyToManyField(ChainNode, related_name="target_chains", verbose_name="终端环节")
    depth = models.PositiveSmallIntegerField("上溯层数", default=3)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    history = History(m2m_fields=[nodes])

    class Meta:
        verbose_name = verbose_name_plural = "目标产业链"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ChainPlacement(models.Model):
    """What a person decided about a record at a chain node; the later one holds."""

    class Verdict(models.TextChoices):
        CONFIRMED = "confirmed", both("确认", "Confirmed")
        REFUSED = "refused", both("不属于", "Does not belong")

    subject_id = models.CharField("记录", max_length=32, db_index=True)  # a public id
    node = models.ForeignKey(ChainNode, models.CASCADE, related_name="placements")
    verdict = models.CharField("决定", max_length=16, choices=Verdict.choices)
    note = models.CharField("理由", max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "环节归属决定"
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return f"{self.subject_id} {self.get_verdict_display()} {self.node}"


class TagNote(models.Model):
    """What the subject of a portrait said of one of its tags: hidden, or corrected.

    Append-only; ``withdrawn_at`` undoes it.
    """

    class Action(models.TextChoices):
        HIDDEN = "hidden", both("隐藏", "Hidden")
        CORRECTED = "corrected", both("更正", "Corrected")
        ADDED = "added", both("补充", "Added")

    subject_id = models.CharField("画像对象", max_length=32, db_index=True)  # a public id
    tag_key = models.CharField("标签", max_length=200)
    action = models.CharField("动作", max_length=16, choices=Action.choices)
    text = models.CharField("内容", max_length=200, blank=True)
    reason = models.CharField("理由", max_length=500, blank=True)
    expires_on = models.DateField("有效至", null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("时间", auto_now_add=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "画像意见"
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return f"{self.subject_id} {self.tag_key} {self.get_action_display()}"
