"""The trail of what left the platform and what was decided on it."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One logged act: an export, an import, a change of permissions, a training run."""

    action = models.CharField("动作", max_length=64, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name="操作人"
    )
    actor_label = models.CharField("操作人（当时）", max_length=200, blank=True)
    subject = models.CharField("对象", max_length=200, blank=True)
    details = models.JSONField("详情", default=dict)
    created_at = models.DateTimeField("时间", auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计日志"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
