"""Every setting that the code reads is on the settings page, and nothing else is."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Read by tests and development tools only.
OUTSIDE = {"SILIAN_REAL_DATA"}


def test_settings_page_lists_exactly_the_variables_the_code_reads() -> None:
    read = set()
    for module in (ROOT / "src").rglob("*.py"):
        read |= set(re.findall(r"\"(SILIAN_[A-Z_]+)\"", module.read_text(encoding="utf-8")))
    page = (ROOT / "docs/how-to/settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(SILIAN_[A-Z_]+)` \|", page, flags=re.MULTILINE))
    assert read - OUTSIDE == documented
