"""What every record carries: identity, origin, owner, valid time and history."""

from typing import ClassVar

from django.db import models

from silian.identifiers import public_id
from silian.portal.bilingual import both
from silian.portal.registry.models.history import History


class Register(models.Model):
    """A register of the region from which rows come (登记库), or the portal itself."""

    code = models.SlugField("编码", max_length=64, unique=True)
    name = models.CharField("名称", max_length=200)
    name_en = models.CharField("英文名称", max_length=200, blank=True)
    publisher = models.CharField("发布单位", max_length=200, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记库"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name or self.code


class Audience(models.TextChoices):
    """Who may find a record."""

    PUBLIC = "public", both("公开", "Public")
    MEMBERS = "members", both("登录可见", "Members")
    OWNER = "owner", both("仅本单位", "Own organisation")


class Record(models.Model):
    """One row of one register, as the only truth; every change keeps its history.

    ``public_id`` follows from register and key, so that a reload meets the same record.
    ``source_hash`` is the hash of what the register's row said last: an equal row changes
    nothing, whatever was edited here meanwhile. It is empty where no register has spoken.
    """

    kind = ""
    history_lookups: ClassVar[tuple[str, ...]] = ()  # fields that its history is asked for by

    public_id = models.CharField("公开编号", max_length=32, unique=True, editable=False)
    register = models.ForeignKey(Register, models.PROTECT, verbose_name="来源登记库")
    source_key = models.CharField("来源主键", max_length=200)
    source_row = models.PositiveIntegerField("来源行号", null=True, blank=True, editable=False)
    source_hash = models.CharField("内容指纹", max_length=32, editable=False, blank=True)
    owner = models.ForeignKey(
        "registry.Organisation",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="归属单位",
    )
    audience = models.CharField(
        "可见范围", max_length=16, choices=Audience.choices, default=Audience.PUBLIC
    )
    valid_from = models.DateField("有效期自", null=True, blank=True)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True, db_index=True)

    history = History(inherit=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=("register", "source_key"), name="%(class)s_key_once_per_register"
            )
        ]

    def save(self, *args: object, **kwargs: object) -> None:
        if not self.public_id:
            self.public_id = public_id(self.kind, self.register.code, self.source_key)
        super().save(*args, **kwargs)
