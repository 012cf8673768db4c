"""PDFs typeset from data with the program's own fonts."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typst


def typeset(source: str, sheet: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """A PDF of a Typst source over a sheet of plain values; equal inputs give equal bytes.

    The sheet arrives as data (``sys.inputs.sheet``), so no text of a record is ever Typst code.
    """
    import typst

    made = typst.compile(
        source.encode(),
        font_paths=_fonts(),
        sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False)},
        format="pdf",
        timestamp=int(made_at.astimezone(UTC).timestamp()),
    )
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> "typst.Fonts":
    """The fonts, looked through once: the search takes longer than a report."""
    import typst

    folder = Path(str(resources.files("justmytype_intl_cjk"))) / "fonts" / "ofl" / "notosanssc"
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(folder)]
    )
