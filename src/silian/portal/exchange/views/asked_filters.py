"""What an address asks that nobody could mean: told on the page, refused for a file."""

from collections.abc import Iterable, Mapping, Sequence

from django.http import QueryDict

from silian.portal.bilingual import choose
from silian.portal.exchange.domain.list_filters import Filter
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.listing import SORTS
from silian.tables.values import shorten

_OWN = frozenset({"q", "kind", "sort", "page", "list", "format"})
_COUNTED = "utm_"  # added by mailers and counters, meant for nobody here


def filters_by_name(kinds: Iterable[str]) -> Mapping[str, tuple[Filter, ...]]:
    """Filters that lists of these kinds have, by name; one name may stand for several."""
    found: dict[str, tuple[Filter, ...]] = {}
    for kind in kinds:
        for one in LISTED_KINDS[kind].filters:
            found[one.name] = (*found.get(one.name, ()), one)
    return found


def untaken(query: QueryDict, kinds: Sequence[str]) -> list[str]:
    """What of an address no list of these kinds can take, each in words.

    Filters of another kind of the same list are no mistake: they stay while readers go from kind
    to kind.
    """
    known = filters_by_name(kinds)
    told = []
    for name in query:
        for value in filter(None, map(str.strip, query.getlist(name))):
            if name in known:
                if not any(one.knows(value) for one in known[name]):
                    told.append(of_no_value(str(known[name][0].label), value))
            elif name == "kind" and value not in kinds:
                told.append(of_no_value(choose("类型", "Kind"), value))
            elif name == "sort" and value not in SORTS:
                told.append(of_no_value(choose("排序", "Sort"), value))
            elif name == "page" and not value.isdecimal():
                told.append(of_no_value(choose("页码", "Page"), value))
            elif name not in _OWN and not name.startswith(_COUNTED):
                told.append(_of_no_filter(name))
                break
    return told


def of_no_value(label: str, value: str, allowed: str = "") -> str:
    """That a value is none that can be asked for."""
    shown = shorten(value)
    hint = choose(f"，应为{allowed}", f"; expected {allowed}") if allowed else ""
    return choose(f"{label}“{shown}”无法识别{hint}", f"{label} “{shown}” is not known{hint}")


def _of_no_filter(name: str) -> str:
    shown = shorten(name)
    return choose(f"没有名为“{shown}”的筛选", f"there is no filter “{shown}”")
