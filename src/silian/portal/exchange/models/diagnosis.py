"""Diagnoses of enterprises (医), the findings a team works on, visits and look-backs."""

import uuid

from django.conf import settings
from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models import History, Organisation


class DiagnosisRun(models.Model):
    """Diagnoses of many enterprises as one background job; taken up again where it stopped."""

    class State(models.TextChoices):
        WAITING = "waiting", both("等待", "Waiting")
        RUNNING = "running", both("进行中", "Running")
        DONE = "done", both("完成", "Done")
        FAILED = "failed", both("失败", "Failed")
        CANCELLED = "cancelled", both("已取消", "Cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    year = models.PositiveSmallIntegerField("数据年度")
    as_of = models.DateField("基准日")
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.WAITING)
    total_count = models.PositiveIntegerField("企业数", default=0)
    done_count = models.PositiveIntegerField("已完成", default=0)
    failed_count = models.PositiveIntegerField("失败数", default=0)
    error_message = models.TextField("失败原因", blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "批量诊断"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.year} {self.state}"


class Diagnosis(models.Model):
    """One enterprise's diagnosis as of one day, frozen with all it was made from.

    ``content`` (JSON, zlib-compressed) holds the three parts with every finding, its evidence
    and its distance; ``inputs_hash``, ``library_version`` and ``code_version`` say from what it
    can be made again. The counts beside it serve lists. ``Finding`` rows exist only once a team
    works on the diagnosis.
    """

    class State(models.TextChoices):
        MADE = "made", both("自动生成", "Made")
        IN_WORK = "in_work", both("服务团队跟进", "In work")
        SIGNED = "signed", both("已签发", "Signed")
        SUPERSEDED = "superseded", both("已被替代", "Superseded")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="diagnoses")
    run = models.ForeignKey(DiagnosisRun, models.SET_NULL, null=True, blank=True)
    year = models.PositiveSmallIntegerField("数据年度")
    as_of = models.DateField("基准日")
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.MADE)
    content = models.BinaryField()
    inputs_hash = models.CharField("数据指纹", max_length=64)
    library_version = models.CharField("政策库版本", max_length=64)
    code_version = models.CharField("程序版本", max_length=64)
    entitled_count = models.PositiveSmallIntegerField("可享政策", default=0)
    near_count = models.PositiveSmallIntegerField("接近政策", default=0)
    unknown_count = models.PositiveSmallIntegerField("待补数据政策", default=0)
    amount_cny = models.DecimalField(
        "可享金额（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    ladder_step = models.PositiveSmallIntegerField("梯队级别", default=0)
    score = models.FloatField("创新得分", null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("建立时间", auto_now_add=True, db_index=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField("签发时间", null=True, blank=True)
    # What was signed, fixed: the signer's name, the findings as the team left them, and the
    # SHA-256 over both and the content.
    signed = models.JSONField("签发内容", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "企业诊断"
        ordering = ("-created_at",)
        indexes = [models.Index(fields=("organisation", "-created_at"))]

    def __str__(self) -> str:
        return f"{self.organisation} {self.as_of}"


class Finding(models.Model):
    """One finding of a diagnosis in work: what the engine said, and what the team made of it."""

    class Part(models.TextChoices):
        TECHNOLOGY = "technology", both("技术", "Technology")
        MANAGEMENT = "management", both("管理", "Management")
        POLICY = "policy", both("政策", "Policy")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    diagnosis = models.ForeignKey(Diagnosis, models.CASCADE, related_name="findings")
    code = models.CharField("编号", max_length=200)  # stable: which rule spoke, about what
    part = models.CharField("部分", max_length=16, choices=Part.choices)
    position = models.PositiveSmallIntegerField(default=0)
    original = models.JSONField("系统结论", default=dict)  # empty: the team added it
    text_zh = models.TextField("结论", blank=True)  # the team's words; empty: the original holds
    dismissed = models.BooleanField("不采用", default=False)
    note = models.CharField("修改说明", max_length=500, blank=True)
    note_shared = models.BooleanField("说明对企业可见", default=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True)

    history = History()

    class Meta:
        verbose_name = verbose_name_plural = "诊断结论"
        ordering = ("diagnosis", "part", "position")
        constraints = [
            models.UniqueConstraint(fields=("diagnosis", "code"), name="finding_once_a_diagnosis")
        ]

    def __str__(self) -> str:
        return self.code


class Advice(models.Model):
    """What somebody made of a finding: a need, a position or an application (导)."""

    class Kind(models.TextChoices):
        NEED = "need", both("转为需求", "Need")
        POSITION = "position", both("转为岗位", "Position")
        APPLICATION = "application", both("转为申报", "Application")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="advices")
    diagnosis = models.ForeignKey(Diagnosis, models.CASCADE, related_name="advices")
    finding_code = models.CharField("结论编号", max_length=200)
    kind = models.CharField("去向", max_length=16, choices=Kind.choices)
    target_id = models.CharField("对应编号", max_length=64)  # public id of what was made
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "诊断建议去向"
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("diagnosis", "finding_code", "kind"), name="advice_once_a_finding"
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding_code} → {self.target_id}"


class Visit(models.Model):
    """A service team's visit to an enterprise (上门服务)."""

    class State(models.TextChoices):
        PLANNED = "planned", both("已安排", "Planned")
        DONE = "done", both("已完成", "Done")
        CANCELLED = "cancelled", both("已取消", "Cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="visits")
    diagnosis = models.ForeignKey(Diagnosis, models.SET_NULL, null=True, blank=True)
    planned_for = models.DateTimeField("时间")
    team = models.CharField("团队", max_length=200)
    purpose = models.CharField("事由", max_length=300, blank=True)
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.PLANNED)
    report = models.TextField("走访记录", blank=True)
    report_shared = models.BooleanField("记录对企业可见", default=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    history = History()

    class Meta:
        verbose_name = verbose_name_plural = "走访"
        ordering = ("planned_for",)

    def __str__(self) -> str:
        return f"{self.organisation} {self.planned_for:%Y-%m-%d}"


class LookBack(models.Model):
    """What became of a signed diagnosis after 6 or 12 months (回看).

    ``result`` says for every finding whether its advice was taken and whether its gap closed.
    """

    diagnosis = models.ForeignKey(Diagnosis, models.CASCADE, related_name="look_backs")
    months = models.PositiveSmallIntegerField("月数")
    due_on = models.DateField("应回看日", db_index=True)
    done_at = models.DateTimeField("回看时间", null=True, blank=True)
    result = models.JSONField("结果", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "诊断回看"
        ordering = ("due_on",)
        constraints = [
            models.UniqueConstraint(fields=("diagnosis", "months"), name="lookback_once")
        ]

    def __str__(self) -> str:
        return f"{self.diagnosis_id} +{self.months}"
