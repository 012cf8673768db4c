"""The facts of one enterprise in one year, as one register or the enterprise itself states them."""

from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models import Audience, Organisation, Record


class EnterpriseYear(Record):
    """Facts that policies and indicators read (企业年度数据), one row a register and year.

    Several registers (tax, statistics, the enterprise's own report) may speak of the same
    year; ``facts`` holds what this one says, by fact code of ``library/facts.yaml``, in base
    units (yuan, persons, fractions, ISO days, lists of codes). A code that is absent is unknown,
    never zero. ``domain/facts.py`` joins the registers: verified beats declared, newest wins.
    """

    kind = "enterprise_year"
    history_lookups = ("organisation",)

    # Books are private, also where a bulk insert passes ``save`` by.
    audience = models.CharField(
        "可见范围", max_length=16, choices=Audience.choices, default=Audience.OWNER
    )

    class Status(models.TextChoices):
        DECLARED = "declared", both("企业申报", "Declared")
        VERIFIED = "verified", both("部门核实", "Verified")

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="years", verbose_name="企业"
    )
    year = models.PositiveSmallIntegerField("年度", db_index=True)
    status = models.CharField(
        "数据状态", max_length=16, choices=Status.choices, default=Status.DECLARED
    )
    facts = models.JSONField("年度数据", default=dict, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "企业年度数据"
        indexes = [models.Index(fields=("organisation", "year"), name="enterpriseyear_subject")]

    def __str__(self) -> str:
        return f"{self.organisation} {self.year}"
