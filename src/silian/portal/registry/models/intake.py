"""Import jobs and the rows they refused or read in part: nothing that arrived is lost."""

import uuid

from django.conf import settings
from django.db import models

from silian.portal.bilingual import both, choose


class RegisterMapping(models.Model):
    """A mapping file (YAML) from a register's columns to record fields, as uploaded."""

    code = models.SlugField("编码", max_length=64, unique=True)
    name = models.CharField("名称", max_length=200)
    content = models.TextField("映射（YAML）")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "字段映射"

    def __str__(self) -> str:
        return self.name


class ImportJob(models.Model):
    """One run over one file: dry or real, with its counts and its progress."""

    class State(models.TextChoices):
        WAITING = "waiting", both("等待", "Waiting")
        RUNNING = "running", both("进行中", "Running")
        DONE = "done", both("完成", "Done")
        FAILED = "failed", both("失败", "Failed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    mapping_code = models.CharField("映射", max_length=64)
    register_code = models.CharField("登记库", max_length=64)
    file_name = models.CharField("文件名", max_length=300)
    stored_path = models.CharField(max_length=500, blank=True)
    companion_paths = models.JSONField(default=list, blank=True)  # files that the mapping joins
    file_hash = models.CharField("文件指纹", max_length=64, blank=True)
    dry_run = models.BooleanField("试运行", default=False)
    # Whether rows may take the place of other things' records under the same keys.
    replace = models.BooleanField("替换", default=False)
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.WAITING)
    row_count = models.PositiveIntegerField("已读行数", default=0)
    row_total = models.PositiveIntegerField("总行数", null=True)
    accepted_count = models.PositiveIntegerField("新增", default=0)
    changed_count = models.PositiveIntegerField("更新", default=0)
    unchanged_count = models.PositiveIntegerField("未变", default=0)
    rejected_count = models.PositiveIntegerField("拒收", default=0)
    remarked_count = models.PositiveIntegerField("有提示", default=0)
    # The load that this job takes back; such a job reads no file.
    undoes = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="undos", verbose_name="撤销"
    )
    removed_count = models.PositiveIntegerField("删除", default=0)
    restored_count = models.PositiveIntegerField("恢复", default=0)
    kept_count = models.PositiveIntegerField("保留", default=0)
    # Whether what it changed is kept whole, so that it can be taken back.
    is_journalled = models.BooleanField("可撤销", default=False, editable=False)
    counts_by_kind = models.JSONField("分类计数", default=dict)
    notes = models.JSONField("提示", default=dict, blank=True)  # code to count; refuses nothing
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField("失败原因", blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name="操作人"
    )
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "导入任务"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def failure(self) -> str:
        """Why it failed, in the reader's language; kept are Chinese and, on a line below, English."""
        zh, _, en = self.error_message.partition("\n")
        return choose(zh, en or zh)


class RejectedRow(models.Model):
    """A row that failed, or was loaded without all of its cells, with every reason.

    It can be mended and replayed.
    """

    class State(models.TextChoices):
        OPEN = "open", both("待处理", "Open")
        REMARKED = "remarked", both("已入库，有提示", "Loaded with remarks")
        MENDED = "mended", both("已修正入库", "Mended")
        DISMISSED = "dismissed", both("已忽略", "Dismissed")
        ANSWERED = "answered", both("后续导入已解决", "Answered by a later import")
        REPLACED = "replaced", both("再次导入仍有问题", "Replaced by a later import")
        WITHDRAWN = "withdrawn", both("随导入撤销", "Taken back with its import")

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rejected_rows")
    kind = models.CharField("记录类型", max_length=32, blank=True)
    row_number = models.PositiveIntegerField("行号")
    values = models.JSONField("原始内容")
    reasons = models.JSONField("原因")  # [{"field", "code", "message_zh", "message_en", "arrived"}]
    state = models.CharField("状态", max_length=16, choices=State.choices, default=State.OPEN)
    mended_at = models.DateTimeField(null=True)
    # By what a later load knows the row again; empty in a dry run, which brings nothing.
    mark = models.CharField(max_length=40, blank=True, db_index=True, editable=False)
    answered_by = models.ForeignKey(
        ImportJob,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="answered_rows",
        verbose_name="由导入",
    )
    former_state = models.CharField(max_length=16, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "拒收行"
        ordering = ("job", "row_number")
        indexes = [models.Index(fields=("job", "state"))]

    def __str__(self) -> str:
        return f"{self.job_id}:{self.row_number}"


class ImportStep(models.Model):
    """What one batch of a load made and changed, as it was before: the journal of an undo."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="steps")
    content = models.BinaryField()  # JSON, compressed: see registry.domain.undo_journal
    is_undone = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = "导入日志"
        ordering = ("job", "pk")

    def __str__(self) -> str:
        return f"{self.job_id}:{self.pk}"


class UndoneRecord(models.Model):
    """What an undo did, or in a preview would do, with one record, and why it was left alone."""

    class Action(models.TextChoices):
        REMOVE = "remove", both("删除", "Removed")
        RESTORE = "restore", both("恢复", "Restored")
        KEEP = "keep", both("保留", "Left alone")

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="undone_records")
    kind = models.CharField("记录类型", max_length=32)
    record_key = models.BigIntegerField()
    public_id = models.CharField("公开编号", max_length=32)
    title = models.CharField("名称", max_length=200, blank=True)
    action = models.CharField("处理", max_length=16, choices=Action.choices)
    # Of what is restored: field to what it is and what it was; of what is kept: the reason.
    detail = models.JSONField(default=dict)
    is_done = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = "撤销明细"
        ordering = ("job", "pk")
        indexes = [models.Index(fields=("job", "action", "kind", "record_key"))]

    def __str__(self) -> str:
        return f"{self.public_id} {self.action}"
