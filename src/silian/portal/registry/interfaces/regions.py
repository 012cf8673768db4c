"""Regions to choose from."""

from silian.portal.bilingual import choose
from silian.portal.registry.models import Region


def region_options() -> list[tuple[str, str]]:
    """Code and name of every city and district, districts under their city."""
    rows = Region.objects.filter(level__in=(Region.Level.CITY, Region.Level.DISTRICT))
    return [
        (adcode, choose(name, name_en or name))
        for adcode, name, name_en in rows.order_by("adcode").values_list(
            "adcode", "name", "name_en"
        )
    ]
