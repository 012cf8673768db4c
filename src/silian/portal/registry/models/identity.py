"""Which records are one organisation or one person: what was found, and what people decided.

Records are never merged into each other. What is one follows, on every run, from the links that
the engine finds and from the decisions below, so that every merge can be undone and survives a
reload of the registers.
"""

from django.conf import settings
from django.db import models

from silian.portal.bilingual import both


class SubjectKind(models.TextChoices):
    ORGANISATION = "organisation", both("单位", "Organisation")
    PERSON = "person", both("人员", "Person")


class IdentityRun(models.Model):
    """One resolution over all records of a kind, for the figures and to see what changed."""

    class State(models.TextChoices):
        RUNNING = "running", both("进行中", "Running")
        DONE = "done", both("完成", "Done")
        FAILED = "failed", both("失败", "Failed")

    subject_kind = models.CharField("对象", max_length=16, choices=SubjectKind.choices)
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.RUNNING)
    n_records = models.PositiveIntegerField("记录数", default=0)
    n_linked = models.PositiveIntegerField("自动归并", default=0)
    n_review = models.PositiveIntegerField("待复核", default=0)
    n_subjects = models.PositiveIntegerField("归并后", default=0)
    settings_version = models.CharField("规则版本", max_length=64, blank=True)
    progress = models.JSONField("进度", default=dict, blank=True)
    error_message = models.TextField("失败原因", blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    started_at = models.DateTimeField("开始时间", auto_now_add=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "归并运行"
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.get_subject_kind_display()} {self.started_at:%Y-%m-%d %H:%M}"


class IdentityLink(models.Model):
    """Two records that may be one, with everything that speaks for and against it."""

    class State(models.TextChoices):
        LINKED = "linked", both("已归并", "Linked")
        REVIEW = "review", both("待复核", "For review")
        REFUSED = "refused", both("规则不许", "Refused by a rule")

    subject_kind = models.CharField("对象", max_length=16, choices=SubjectKind.choices)
    left_id = models.CharField("记录甲", max_length=32, db_index=True)  # public ids, left < right
    right_id = models.CharField("记录乙", max_length=32, db_index=True)
    probability = models.FloatField("概率")
    weight_bits = models.FloatField("证据（比特）")
    state = models.CharField("状态", max_length=16, choices=State.choices, db_index=True)
    reason = models.CharField("缘由", max_length=32, blank=True)
    evidence = models.JSONField("证据", default=list)  # comparison, level, weight_bits
    # What the evidence alone said, before decisions and other records had their say.
    found_state = models.CharField("证据所示", max_length=16, choices=State.choices, default="")
    found_reason = models.CharField("证据缘由", max_length=32, blank=True)
    postponed_at = models.DateTimeField("暂缓时间", null=True, blank=True)
    postponed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    postponed_note = models.CharField("暂缓说明", max_length=500, blank=True)
    run = models.ForeignKey(IdentityRun, models.CASCADE, related_name="links")

    class Meta:
        verbose_name = verbose_name_plural = "同一性线索"
        constraints = [
            models.UniqueConstraint(
                fields=("subject_kind", "left_id", "right_id"), name="identitylink_pair_once"
            )
        ]
        indexes = [
            models.Index(
                fields=("subject_kind", "state", "-probability"), name="identitylink_queue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.left_id} = {self.right_id}"


class IdentityDecision(models.Model):
    """What a person decided about records; the later one on the same two holds.

    Undone by withdrawing it, never by deleting: who decided what, and when, stays.
    """

    class Kind(models.TextChoices):
        MERGE = "merge", both("同一", "The same")
        SPLIT = "split", both("拆分", "Split off")
        MUST_NOT_LINK = "must_not_link", both("不同", "Not the same")

    subject_kind = models.CharField("对象", max_length=16, choices=SubjectKind.choices)
    decision_kind = models.CharField("决定", max_length=16, choices=Kind.choices)
    record_ids = models.JSONField("记录")  # public ids, at least two
    note = models.CharField("理由", max_length=500, blank=True)
    # What the engine had said of the two when somebody decided.
    shown = models.JSONField("当时所见", default=dict, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("时间", auto_now_add=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "归并决定"
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return f"{self.get_decision_kind_display()} {', '.join(self.record_ids)}"


class IdentityMember(models.Model):
    """To which subject a record belongs; only records that share theirs with others have a row."""

    subject_kind = models.CharField("对象", max_length=16, choices=SubjectKind.choices)
    record_id = models.CharField("记录", max_length=32, unique=True)  # public id
    subject_id = models.CharField("归并后编号", max_length=32, db_index=True)  # smallest record id
    probability = models.FloatField("概率", default=1.0)

    class Meta:
        verbose_name = verbose_name_plural = "归并结果"

    def __str__(self) -> str:
        return f"{self.record_id} → {self.subject_id}"
