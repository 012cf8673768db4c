"""A scenario's result as a file: who wins and loses, one row an enterprise."""

from typing import TYPE_CHECKING, Any

from silian.portal.accounts.domain.access import require
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.industry.models import Scenario
from silian.portal.registry.interfaces.sheets import table_bytes

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


def export_scenario(scenario: Scenario, file_format: str, *, viewer: "Viewer") -> bytes:
    """The file for a viewer; the export is logged.

    Parameters
    ----------
    file_format
        ``csv`` or ``xlsx``.
    """
    require(viewer, "scenario.read")
    made = scenario_file(scenario, file_format)
    audit.log("scenario.export", viewer, str(scenario.public_id), format=file_format)
    return made


def scenario_file(scenario: Scenario, file_format: str) -> bytes:
    """One row an enterprise whose answer changes, the largest change first."""
    headings = list(_headings().values())
    rows = [_row(values) for values in scenario.result.get("enterprises", ())]
    return b"".join(table_bytes("scenario", headings, rows, file_format))


def _headings() -> dict[str, str]:
    return {
        "organisation_id": choose("单位编号", "Organisation id"),
        "name": choose("名称", "Name"),
        "base_cny": choose("原金额（元）", "Before (yuan)"),
        "changed_cny": choose("新金额（元）", "After (yuan)"),
        "difference_cny": choose("变化（元）", "Difference (yuan)"),
        "gained": choose("新享政策", "Gained"),
        "lost": choose("失去政策", "Lost"),
    }


def _row(values: dict[str, Any]) -> list[Any]:
    joined = {name: "、".join(values[name]) for name in ("gained", "lost")}
    return [(values | joined)[name] for name in _headings()]
