"""Words for how mature a technology is, as levels of readiness, from ``readiness_stages.yaml``."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from silian.errors import EngineError
from silian.library.loading import read_library_yaml
from silian.tables.values import fold_label


class StagesFault(EngineError, ValueError):
    """``readiness_stages.yaml`` gives a word two meanings, or levels that there aren't."""

    code = "readiness_stages_fault"


@cache
def readiness_stages() -> Mapping[str, tuple[int, int]]:
    """First and last level by folded word.

    Raises
    ------
    StagesFault
        If the file is wrong.

    Examples
    --------
    >>> readiness_stages()["中试阶段"], readiness_stages()["量产"]
    ((6, 7), (9, 9))
    """
    return stages_of(read_library_yaml("readiness_stages.yaml"))


def stages_of(content: Any) -> Mapping[str, tuple[int, int]]:
    """Levels by word, of the file's whole content, checked.

    Raises
    ------
    StagesFault
        With the first thing that is wrong.
    """
    known = content["wording"]
    found: dict[str, tuple[int, int]] = {}
    for stage in content["stages"]:
        first, last = stage["levels"]
        if first not in known or last not in known or first > last:
            raise StagesFault(
                f"levels {stage['levels']}: expected two of {sorted(known)} in order."
            )
        for word in stage["words"]:
            if found.setdefault(fold_label(word), (first, last)) != (first, last):
                raise StagesFault(f"{word!r} stands for several levels; name it once.")
    return found
