"""Public money paid to an organisation under a policy."""

from django.core.validators import MinValueValidator
from django.db import models

from silian.portal.registry.models import Audience, Organisation, Record


class Grant(Record):
    """One payment under one policy (奖补兑现).

    Policies that pay the difference to an earlier award (就高补差) read it: without the record
    of what was paid, the same promotion would be paid twice.
    """

    kind = "grant"

    # What somebody was paid is theirs and the operator's to know, bulk inserts included.
    audience = models.CharField(
        "可见范围", max_length=16, choices=Audience.choices, default=Audience.OWNER
    )

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="grants", verbose_name="单位"
    )
    policy_id = models.CharField("政策编号", max_length=100, db_index=True)
    year = models.PositiveSmallIntegerField("数据年度", db_index=True)
    amount_cny = models.DecimalField(
        "金额（元）", max_digits=20, decimal_places=2, validators=[MinValueValidator(0)]
    )
    paid_on = models.DateField("兑现日期", null=True, blank=True)
    document_number = models.CharField("拨付文号", max_length=100, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "奖补兑现"
        indexes = [models.Index(fields=("organisation", "policy_id"), name="grant_subject")]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.policy_id} {self.year}"
