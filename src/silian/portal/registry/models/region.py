"""Administrative regions by adcode, with the polygons that maps draw."""

from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models.base import Record


class Region(Record):
    """A province, city or district (行政区划)."""

    kind = "region"

    class Level(models.TextChoices):
        COUNTRY = "country", both("国家", "Country")
        PROVINCE = "province", both("省", "Province")
        CITY = "city", both("市", "City")
        DISTRICT = "district", both("区县", "District")

    adcode = models.CharField("区划代码", max_length=6, unique=True)
    name = models.CharField("名称", max_length=100)
    name_en = models.CharField("英文名称", max_length=100, blank=True)
    level = models.CharField("层级", max_length=16, choices=Level.choices)
    parent_adcode = models.CharField("上级代码", max_length=6, blank=True, db_index=True)
    centre_longitude_degrees = models.FloatField("中心经度", null=True, blank=True)
    centre_latitude_degrees = models.FloatField("中心纬度", null=True, blank=True)
    boundary = models.JSONField("边界（GeoJSON）", null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "地区"

    def __str__(self) -> str:
        return self.name
