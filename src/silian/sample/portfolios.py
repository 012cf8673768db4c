"""What the city's other records say of each enterprise: patents, projects, platforms, its day."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from silian.sample.actors import organisation_rows
from silian.sample.places import platform_rows
from silian.sample.setting import Setting
from silian.sample.works import patent_rows, project_rows

Row = dict[str, Any]

# All that is counted; whole rows of a large city would fill the memory.
_OF_A_PATENT = ("patent_kind", "legal_status", "application_date", "grant_date")
_OF_A_PROJECT = ("level", "started_on", "ended_on")
_LAPSED = "失效"
_PLATFORM_CODES = {
    ("technology_centre", "municipal"): "city_technology_centre",
    ("technology_centre", "provincial"): "provincial_technology_centre",
    ("technology_centre", "national"): "national_technology_centre",
    ("key_laboratory", "municipal"): "city_key_laboratory",
    ("key_laboratory", "provincial"): "provincial_key_laboratory",
    ("key_laboratory", "national"): "national_key_laboratory",
    ("engineering_centre", "municipal"): "city_research_centre",
    ("engineering_centre", "provincial"): "provincial_research_centre",
    ("engineering_centre", "national"): "national_research_unit",
    ("new_rd_institute", "municipal"): "city_enterprise_institute",
    ("new_rd_institute", "provincial"): "provincial_enterprise_institute",
    ("new_rd_institute", "national"): "national_research_unit",
}


@dataclass(slots=True, kw_only=True)
class Portfolio:
    """Records of one enterprise, as far as a year's facts count them."""

    established_on: date
    patents: list[Row] = field(default_factory=list)
    projects: list[Row] = field(default_factory=list)
    platforms: list[str] = field(default_factory=list)

    def patents_held(self, kind: str, year: int) -> int:
        """Patents of a kind granted by the end of a year and not lapsed since."""
        return sum(
            row["patent_kind"] == kind
            and row["legal_status"] != _LAPSED
            and bool(row["grant_date"])
            and int(row["grant_date"][:4]) <= year
            for row in self.patents
        )

    def patents_of_year(self, kind: str, column: str, year: int) -> int:
        """Patents of a kind applied for (``application_date``) or granted within a year."""
        return sum(
            row["patent_kind"] == kind and (row[column] or "")[:4] == str(year)
            for row in self.patents
        )

    def projects_running(self, level: str, year: int) -> int:
        """Projects of a level that ran within a year."""
        return sum(
            row["level"] == level and int(row["started_on"][:4]) <= year <= int(row["ended_on"][:4])
            for row in self.projects
        )


def portfolios(setting: Setting) -> dict[str, Portfolio]:
    """Portfolio of every enterprise by its key."""
    found = {
        row["source_key"]: Portfolio(established_on=date.fromisoformat(row["established_on"]))
        for row in organisation_rows(setting)
        if row["organisation_kind"] == "enterprise"
    }
    by_owner: defaultdict[str, list[Row]] = defaultdict(list)
    for row in patent_rows(setting):
        by_owner[row["assignee_keys"][0]].append({name: row[name] for name in _OF_A_PATENT})
    for key, portfolio in found.items():
        portfolio.patents = by_owner[key]
    for row in project_rows(setting):
        if row["organisation_key"] in found:
            own = found[row["organisation_key"]].projects
            own.append({name: row[name] for name in _OF_A_PROJECT})
    for row in platform_rows(setting):
        code = _PLATFORM_CODES.get((row["platform_kind"], row["level"]))
        if code and row["organisation_key"] in found:
            found[row["organisation_key"]].platforms.append(code)
    return found
