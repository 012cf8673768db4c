"""Users, their role and organisation, and API keys (only their hash is kept)."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models

from silian.portal.bilingual import both


class Role(models.TextChoices):
    """What a person is here for; the permission table says what follows from it."""

    OPERATOR = "operator", both("运营方", "Operator")
    ENTERPRISE = "enterprise", both("企业", "Enterprise")
    RESEARCH = "research", both("科研方", "Research side")
    ADVISER = "adviser", both("服务专员", "Adviser")  # of the science-service team
    VIEWER = "viewer", both("访客", "Viewer")


class User(AbstractUser):
    """A person who signs in."""

    role = models.CharField("角色", max_length=16, choices=Role.choices, default=Role.VIEWER)
    organisation = models.ForeignKey(
        "registry.Organisation",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="users",
        verbose_name="所属单位",
    )
    person = models.ForeignKey(
        "registry.Person",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="users",
        verbose_name="本人档案",  # who the user is: only then does the portrait listen to them
    )

    class Meta:
        verbose_name = verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Django's own flags follow the role, so that there is one answer to who may what.
        self.is_staff = self.is_superuser = self.role == Role.OPERATOR
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "is_staff", "is_superuser"}
        super().save(*args, **kwargs)


class ApiKey(models.Model):
    """A program's key: acts with a role, for an organisation, until it is revoked."""

    name = models.CharField("用途", max_length=100)
    prefix = models.CharField("前缀", max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    role = models.CharField("角色", max_length=16, choices=Role.choices, default=Role.VIEWER)
    organisation = models.ForeignKey(
        "registry.Organisation", models.CASCADE, null=True, blank=True, verbose_name="所属单位"
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    last_used_at = models.DateTimeField("最近使用", null=True)
    revoked_at = models.DateTimeField("吊销时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口密钥"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
