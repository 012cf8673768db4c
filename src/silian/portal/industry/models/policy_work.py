"""Policies in the making, what-if scenarios, and applications under a policy."""

import uuid

from django.conf import settings
from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models import History, Organisation


class PolicyDraft(models.Model):
    """One version of a policy as an editor wrote it (YAML), until a second person publishes it.

    A published draft is in force beside the library's policies, from its own ``valid_from``, as
    long as its text is the one that was approved (``approved_mark``). A second person takes it
    out of force too: ``withdrawal_asked_by`` is the first.
    """

    class State(models.TextChoices):
        DRAFT = "draft", both("草稿", "Draft")
        PROPOSED = "proposed", both("待发布", "Proposed")
        PUBLISHED = "published", both("已发布", "Published")
        WITHDRAWN = "withdrawn", both("已撤回", "Withdrawn")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    policy_id = models.SlugField("政策编号", max_length=100)
    title = models.CharField("名称", max_length=200)
    content = models.TextField("政策（YAML）")
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.DRAFT)
    note = models.CharField("修改说明", max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="编写人"
    )
    last_editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="最后修改人"
    )
    publisher = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="发布人",
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    approved_mark = models.CharField("核准文本指纹", max_length=64, blank=True)
    withdrawal_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="申请撤回人",
    )
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawal_asked_at = models.DateTimeField("申请撤回时间", null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    history = History()

    class Meta:
        verbose_name = verbose_name_plural = "政策草案"
        ordering = ("-updated_at",)

    def __str__(self) -> str:
        return self.title


class Scenario(models.Model):
    """A what-if run over the city (政策推演): changed parameters or a draft, and its result.

    ``result`` freezes the comparison (winners, losers, cost, by group) with the versions it was
    made from, so that it can be shown and exported as it was.
    """

    class State(models.TextChoices):
        WAITING = "waiting", both("等待", "Waiting")
        RUNNING = "running", both("进行中", "Running")
        DONE = "done", both("完成", "Done")
        FAILED = "failed", both("失败", "Failed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("名称", max_length=200)
    policy_id = models.CharField("政策编号", max_length=100)
    year = models.PositiveSmallIntegerField("数据年度")
    as_of = models.DateField("基准日")
    overrides = models.JSONField("参数改动", default=dict, blank=True)  # parameter id to value
    draft = models.ForeignKey(PolicyDraft, models.SET_NULL, null=True, blank=True)
    # The draft's text as it was when the scenario was entered: that is what is tried.
    draft_text = models.TextField("草案文本", blank=True)
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.WAITING)
    done_count = models.PositiveSmallIntegerField("已完成步骤", default=0)
    total_count = models.PositiveSmallIntegerField("步骤数", default=0)
    result = models.JSONField("结果", default=dict, blank=True)
    error_message = models.TextField("失败原因", blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "政策推演"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class PolicyApplication(models.Model):
    """An enterprise's application under a policy, prepared from its facts (政策申报).

    ``answer`` freezes how the policy stood when it was begun, and anew when it was submitted. Its
    lifecycle beyond submission belongs to the programmes.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", both("准备中", "Preparing")
        SUBMITTED = "submitted", both("已提交", "Submitted")
        WITHDRAWN = "withdrawn", both("已撤回", "Withdrawn")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="applications")
    policy_id = models.CharField("政策编号", max_length=100, db_index=True)
    policy_valid_from = models.DateField("政策版本")
    year = models.PositiveSmallIntegerField("数据年度")
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.PREPARING)
    amount_cny = models.DecimalField(
        "预计金额（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    answer = models.JSONField("政策测算", default=dict)
    attachments_ready = models.JSONField("已备材料", default=list, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    history = History()

    class Meta:
        verbose_name = verbose_name_plural = "政策申报"
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("organisation", "policy_id", "year"),
                condition=~models.Q(state="withdrawn"),
                name="policyapplication_once_a_year",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.policy_id} {self.year}"
