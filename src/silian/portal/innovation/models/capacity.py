"""What research and service can be had: platforms, facilities, service agencies."""

from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models import Organisation, Record


class Platform(Record):
    """A research or innovation platform (科创平台)."""

    kind = "platform"

    class PlatformKind(models.TextChoices):
        KEY_LABORATORY = "key_laboratory", both("重点实验室", "Key laboratory")
        ENGINEERING_CENTRE = (
            "engineering_centre",
            both("工程（技术）研究中心", "Engineering research centre"),
        )
        TECHNOLOGY_CENTRE = (
            "technology_centre",
            both("企业技术中心", "Enterprise technology centre"),
        )
        NEW_RD_INSTITUTE = "new_rd_institute", both("新型研发机构", "New R&D institute")
        PUBLIC_SERVICE_PLATFORM = (
            "public_service_platform",
            both("公共服务平台", "Public service platform"),
        )
        INCUBATOR = "incubator", both("孵化器与众创空间", "Incubator")
        OBSERVATION_STATION = "observation_station", both("野外观测站", "Observation station")

    name = models.CharField("名称", max_length=300)
    platform_kind = models.CharField("类型", max_length=32, choices=PlatformKind.choices)
    level = models.CharField("级别", max_length=32, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="platforms"
    )
    region = models.ForeignKey("registry.Region", models.SET_NULL, null=True, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)
    description = models.TextField("简介", blank=True)
    started_on = models.DateField("建立日期", null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "科创平台"

    def __str__(self) -> str:
        return self.name


class Facility(Record):
    """A shared instrument, pilot line or test bed (大型仪器、中试线、试验场)."""

    kind = "facility"

    class FacilityKind(models.TextChoices):
        INSTRUMENT = "instrument", both("大型仪器", "Instrument")
        PILOT_LINE = "pilot_line", both("中试线", "Pilot line")
        TEST_BED = "test_bed", both("试验场", "Test bed")

    name = models.CharField("名称", max_length=300)
    facility_kind = models.CharField("类型", max_length=32, choices=FacilityKind.choices)
    model = models.CharField("型号", max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="facilities"
    )
    region = models.ForeignKey("registry.Region", models.SET_NULL, null=True, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    techniques = models.JSONField("技术与方法", default=list, blank=True)
    description = models.TextField("功能", blank=True)
    original_value_cny = models.DecimalField(
        "原值（元）", max_digits=20, decimal_places=2, null=True, blank=True
    )
    price_cny_per_hour = models.DecimalField(
        "机时价格（元/小时）", max_digits=12, decimal_places=2, null=True, blank=True
    )
    weekly_open_hours = models.DecimalField(
        "每周开放（小时）", max_digits=5, decimal_places=1, null=True, blank=True
    )

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "仪器与中试线"

    def __str__(self) -> str:
        return self.name


class ServiceAgency(Record):
    """A science and technology service agency (科技服务机构)."""

    kind = "service_agency"

    name = models.CharField("名称", max_length=300)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="service_agencies"
    )
    region = models.ForeignKey("registry.Region", models.SET_NULL, null=True, blank=True)
    service_kinds = models.JSONField("服务类别", default=list, blank=True)
    field_codes = models.JSONField("技术领域", default=list, blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)
    qualification = models.CharField("资质", max_length=100, blank=True)
    description = models.TextField("服务内容", blank=True)
    served_enterprise_count = models.PositiveIntegerField("服务企业数", default=0)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "科技服务机构"

    def __str__(self) -> str:
        return self.name
