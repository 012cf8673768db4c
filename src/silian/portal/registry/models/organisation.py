"""Organisations with all their names, people, and who works where."""

from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models.base import Record


class OrganisationKind(models.TextChoices):
    ENTERPRISE = "enterprise", both("企业", "Enterprise")
    UNIVERSITY = "university", both("高等院校", "University")
    RESEARCH_INSTITUTE = "research_institute", both("科研院所", "Research institute")
    HOSPITAL = "hospital", both("医疗机构", "Hospital")
    GOVERNMENT = "government", both("政府部门", "Government")
    SERVICE_AGENCY = "service_agency", both("服务机构", "Service agency")
    FINANCIAL = "financial", both("金融机构", "Financial institution")
    OTHER = "other", both("其他", "Other")


class Organisation(Record):
    """A legal person or another standing body that other records refer to.

    ``registered`` is false where only a mention is known so far (an assignee of a patent, an
    employer of an author): the row that registers it later fills the same record by its name.
    """

    kind = "organisation"

    name = models.CharField("名称", max_length=200, db_index=True)
    name_en = models.CharField("英文名称", max_length=300, blank=True)
    unified_social_credit_code = models.CharField(
        "统一社会信用代码", max_length=18, blank=True, db_index=True
    )
    organisation_kind = models.CharField(
        "类型",
        max_length=32,
        choices=OrganisationKind.choices,
        default=OrganisationKind.OTHER,
        db_index=True,
    )
    registered = models.BooleanField("已登记", default=True)
    industry_code = models.CharField("行业代码", max_length=8, blank=True)
    industry_name = models.CharField("行业", max_length=100, blank=True)
    region = models.ForeignKey(
        "registry.Region", models.SET_NULL, null=True, blank=True, verbose_name="所在地区"
    )
    address = models.CharField("地址", max_length=300, blank=True)
    longitude_degrees = models.FloatField("经度", null=True, blank=True)
    latitude_degrees = models.FloatField("纬度", null=True, blank=True)
    established_on = models.DateField("成立日期", null=True, blank=True)
    registered_capital_cny = models.DecimalField(
        "注册资本（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    employee_count = models.PositiveIntegerField("职工人数", null=True, blank=True)
    stock_code = models.CharField("证券代码", max_length=16, blank=True, db_index=True)
    description = models.TextField("简介", blank=True)
    main_products = models.JSONField("主要产品", default=list, blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)
    # What the organisation took out of its own columns, by column: see registry.domain.withheld.
    withheld = models.JSONField(default=dict, blank=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "单位"

    def __str__(self) -> str:
        return self.name


class OrganisationName(models.Model):
    """One name of an organisation, with its standing; look-ups go through ``normalised``."""

    class NameKind(models.TextChoices):
        OFFICIAL = "official", both("现用名", "Official name")
        FORMER = "former", both("曾用名", "Former name")
        ALIAS = "alias", both("别名简称", "Alias")
        ENGLISH = "english", both("英文名", "English name")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="names")
    name = models.CharField("名称", max_length=300)
    normalised = models.CharField("规范形式", max_length=300, db_index=True)
    name_kind = models.CharField("名称类型", max_length=16, choices=NameKind.choices)

    class Meta:
        verbose_name = verbose_name_plural = "单位名称"
        constraints = [
            models.UniqueConstraint(
                fields=("organisation", "normalised", "name_kind"),
                name="organisationname_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Person(Record):
    """A researcher, an expert or an engineer; no more personal data than matching needs."""

    kind = "person"

    name = models.CharField("姓名", max_length=100, db_index=True)
    name_en = models.CharField("英文姓名", max_length=200, blank=True)
    title = models.CharField("职称职务", max_length=100, blank=True)
    orcid = models.CharField("ORCID", max_length=19, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        verbose_name="主要任职单位",
    )
    expertise = models.JSONField("专长", default=list, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    biography = models.TextField("简介", blank=True)
    # What the person took out of these columns, by column: see registry.domain.withheld.
    withheld = models.JSONField(default=dict, blank=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "专家人才"

    def __str__(self) -> str:
        return self.name


class Affiliation(Record):
    """A person's standing at an organisation, dual employment (双聘) included."""

    kind = "affiliation"
    history_lookups = ("public_id",)

    class AffiliationKind(models.TextChoices):
        EMPLOYMENT = "employment", both("任职", "Employment")
        DUAL_EMPLOYMENT = "dual_employment", both("双聘", "Dual employment")
        INDUSTRY_PROFESSOR = "industry_professor", both("产业教授", "Industry professor")
        TECHNICAL_EXECUTIVE = "technical_executive", both("技术高管", "Technical executive")

    person = models.ForeignKey(Person, models.CASCADE, related_name="affiliations")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="affiliations")
    role = models.CharField("职务", max_length=100, blank=True)
    affiliation_kind = models.CharField(
        "任职类型",
        max_length=32,
        choices=AffiliationKind.choices,
        default=AffiliationKind.EMPLOYMENT,
    )

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "任职关系"

    def __str__(self) -> str:
        return f"{self.person} · {self.organisation}"
