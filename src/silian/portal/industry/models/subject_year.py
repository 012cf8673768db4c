"""The facts of a service agency or a facility in one year, as one register states them."""

from django.db import models

from silian.portal.industry.models.enterprise_year import EnterpriseYear
from silian.portal.innovation.models import Facility, ServiceAgency
from silian.portal.registry.models import Audience, Organisation, Record


class SubjectYear(Record):
    """Facts of one year by code of ``library/facts.yaml``, in base units.

    Several registers may speak of the same subject and year; ``domain/subject_years.py`` joins
    them as it joins those of enterprises. A code that is absent is unknown, never zero.
    """

    # Books are private, also where a bulk insert passes ``save`` by.
    audience = models.CharField(
        "可见范围", max_length=16, choices=Audience.choices, default=Audience.OWNER
    )
    organisation = models.ForeignKey(
        Organisation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="所属单位",
    )
    year = models.PositiveSmallIntegerField("年度", db_index=True)
    status = models.CharField(
        "数据状态",
        max_length=16,
        choices=EnterpriseYear.Status.choices,
        default=EnterpriseYear.Status.DECLARED,
    )
    facts = models.JSONField("年度数据", default=dict, blank=True)

    class Meta(Record.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.subject} {self.year}"  # type: ignore[attr-defined]


class ServiceAgencyYear(SubjectYear):
    """Facts that a rating of service agencies reads (科技服务机构年度数据)."""

    kind = "service_agency_year"

    subject = models.ForeignKey(
        ServiceAgency, models.CASCADE, related_name="years", verbose_name="科技服务机构"
    )

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "科技服务机构年度数据"
        indexes = [models.Index(fields=("subject", "year"), name="agencyyear_subject")]


class FacilityYear(SubjectYear):
    """Facts that an assessment of shared facilities reads (仪器设施年度数据)."""

    kind = "facility_year"

    subject = models.ForeignKey(
        Facility, models.CASCADE, related_name="years", verbose_name="仪器设施"
    )

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "仪器设施年度数据"
        indexes = [models.Index(fields=("subject", "year"), name="facilityyear_subject")]
