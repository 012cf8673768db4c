"""The documents hold together: links lead somewhere, the README stays short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_local_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_readme_stays_under_eighty_lines() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 80


def test_make_demo_and_readme_name_every_demo_account() -> None:
    from silian.cli.sampling import _DEMO_USERS

    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [told] = re.findall(r"sign in as ([^;]*);", makefile)
    assert re.split(r", | or ", told) == list(_DEMO_USERS)
    portal = (ROOT / "docs/how-to/portal.md").read_text(encoding="utf-8")
    assert [user for user in _DEMO_USERS if f"{user} " not in portal] == []
