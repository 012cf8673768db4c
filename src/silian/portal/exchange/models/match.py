"""A match between a need and a supply, and what people did with it."""

from django.conf import settings
from django.db import models

from silian.identifiers import public_id
from silian.portal.bilingual import both
from silian.portal.industry.models import Need
from silian.portal.registry.models import History


class Match(models.Model):
    """One need and one supply that somebody considered together.

    ``explanation`` freezes what the engine said when it was made (contributions, matched words,
    constraints) with the ranker's version, so that the decision can be retraced.
    """

    class Status(models.TextChoices):
        SUGGESTED = "suggested", both("已推荐", "Suggested")
        CONTACTED = "contacted", both("接洽中", "In contact")
        UNSUITABLE = "unsuitable", both("不合适", "Unsuitable")
        SIGNED = "signed", both("已签约", "Contracted")

    public_id = models.CharField(max_length=40, unique=True, editable=False)
    need = models.ForeignKey(Need, models.CASCADE, related_name="matches")
    supply_kind = models.CharField("供给类型", max_length=32)
    supply_id = models.CharField("供给编号", max_length=32, db_index=True)  # a public id
    status = models.CharField(
        "状态", max_length=16, choices=Status.choices, default=Status.SUGGESTED, db_index=True
    )
    rank = models.PositiveIntegerField("名次", null=True)
    score = models.FloatField("得分", null=True)
    level = models.FloatField("相关等级", null=True)
    ranker_version = models.CharField("排序模型版本", max_length=64, blank=True)
    explanation = models.JSONField("理由", default=dict)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    history = History()

    class Meta:
        verbose_name = verbose_name_plural = "供需匹配"
        constraints = [
            models.UniqueConstraint(fields=("need", "supply_id"), name="match_pair_once")
        ]

    def __str__(self) -> str:
        return f"{self.need_id} → {self.supply_id}"

    def save(self, *args: object, **kwargs: object) -> None:
        if not self.public_id:
            key = public_id("need", self.need.public_id, self.supply_id)
            self.public_id = key.replace("need-", "match-", 1)
        super().save(*args, **kwargs)


class Outcome(models.Model):
    """What somebody did with a match; append-only, the last one sets the match's status.

    A correction has the same action as the outcome that it ``corrects``, and stands in its place.
    """

    class Action(models.TextChoices):
        CONTACTED = "contacted", both("接洽", "Contact")
        UNSUITABLE = "unsuitable", both("不合适", "Unsuitable")
        SIGNED = "signed", both("已签约", "Contracted")
        WITHDRAWN = "withdrawn", both("撤回", "Withdrawn")
        RESTORED = "restored", both("恢复", "Restored")

    match = models.ForeignKey(Match, models.CASCADE, related_name="outcomes")
    action = models.CharField("动作", max_length=16, choices=Action.choices)
    reason = models.CharField("原因", max_length=500, blank=True)
    amount_cny = models.DecimalField(
        "签约金额（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name="操作人"
    )
    corrects = models.OneToOneField(
        "self",
        models.CASCADE,
        null=True,
        related_name="correction",
        verbose_name="更正的记录",
    )
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "匹配结果"
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return f"{self.match_id} {self.action}"


class SavedFilter(models.Model):
    """A user's named filter over one of the two lists."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    name = models.CharField("名称", max_length=100)
    list_name = models.CharField("清单", max_length=16)  # "needs" or "supply"
    query_string = models.CharField("条件", max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "已存筛选"
        constraints = [
            models.UniqueConstraint(
                fields=("user", "list_name", "name"), name="savedfilter_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
