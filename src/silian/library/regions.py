"""China's provinces, cities and districts in force, by code: public facts that come with silian."""

from functools import cache
from importlib.resources import files


@cache
def regions_in_force() -> dict[str, str]:
    """Names by code (GB/T 2260).

    Examples
    --------
    >>> regions_in_force()["330203"]
    '海曙区'
    """
    text = files("silian.library").joinpath("regions.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split(" ", 1) for line in lines)  # type: ignore[arg-type]
