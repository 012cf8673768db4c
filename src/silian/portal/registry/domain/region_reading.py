"""Which region a text means: 浙江省杭州市西湖区, 杭州西湖区, 西湖区, or the beginning of an address.

A text is taken apart from the right, and what stands before a name must be a region above it. Never
chosen on doubt: of two 鼓楼区 none is meant, unless the text says in which city.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from silian.library.regions import regions_in_force
from silian.portal.registry.domain.region_names import (
    is_level_word,
    level_of,
    one_region,
    short_region,
)

_BETWEEN = re.compile(r"[\s/／\\|｜>＞,，、·・\-—－]+")
_COUNTRY = re.compile(r"^(?:中华人民共和国|中国)(?=.{2})")
_LONGEST_NAME = 15  # 双江拉祜族佤族布朗族傣族自治县
_LONGEST_HEAD = 30
_WIDEST_FIRST = {"country": 0, "province": 1, "city": 2, "district": 3}
_MISSES_IN_A_NAME = 2


class Kept(NamedTuple):
    """A region as the platform keeps it.

    Attributes
    ----------
    mentioned
        Whether it is there only because a row named it, and not from a register of regions.
    """

    key: int
    adcode: str
    name: str
    level: str
    parent_adcode: str
    mentioned: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """What a text means: a region's code, or those between which it doesn't choose."""

    adcode: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(slots=True)
class _Names:
    """Codes by name and by name without its ending, and what lies above a code."""

    full: dict[str, set[str]] = field(default_factory=dict)
    short: dict[str, set[str]] = field(default_factory=dict)
    above: dict[str, frozenset[str]] = field(default_factory=dict)
    level: dict[str, str] = field(default_factory=dict)

    def add(self, code: str, name: str, level: str, parents: Iterable[str]) -> None:
        self.full.setdefault(name, set()).add(code)
        if (short := short_region(name)) != name:
            self.short.setdefault(short, set()).add(code)
            if name.endswith("自治州"):
                self.short.setdefault(f"{short}州", set()).add(code)  # 延边州
        self.above[code] = self.above.get(code, frozenset()) | frozenset(parents) - {"", code}
        self.level[code] = level

    def copy(self) -> "_Names":
        return _Names(
            full={name: set(codes) for name, codes in self.full.items()},
            short={name: set(codes) for name, codes in self.short.items()},
            above=dict(self.above),
            level=dict(self.level),
        )

    def has(self, text: str) -> bool:
        return text in self.full or text in self.short

    def of(self, text: str) -> set[str]:
        return self.full.get(text, set()) | self.short.get(text, set())


@cache
def _in_force() -> _Names:
    names = _Names()
    for code, name in regions_in_force().items():
        names.add(code, name, level_of(code), codes_above(code))
    return names


def codes_above(code: str) -> tuple[str, ...]:
    """Codes of the regions that a code lies in, by its digits."""
    return tuple({f"{code[:2]}0000", f"{code[:4]}00"} - {code})


class RegionReader:
    """Reads texts by the regions that are kept and, where these don't tell, by those in force.

    Parameters
    ----------
    kept
        The regions of the platform.
    """

    def __init__(self, kept: Iterable[Kept]) -> None:
        held = list(kept)
        self._names = _in_force().copy()
        self._kept = {one.adcode for one in held if not one.mentioned}
        self._full: dict[str, list[int]] = {}
        self._short: dict[str, list[tuple[str, int]]] = {}
        self._code_of_key = {one.key: one.adcode for one in held}
        for one in held:
            parents = (one.parent_adcode, *codes_above(one.adcode))
            self._names.add(one.adcode, one.name, one.level, parents)
            if not one.mentioned:
                self._full.setdefault(one.name, []).append(one.key)
                self._short.setdefault(short_region(one.name), []).append((one.level, one.key))
        self._read: dict[str, dict[str, int]] = {}
        self._heads: dict[str, str] = {}

    def meant(self, text: str) -> Meant:
        """The region that a text means as a whole, or as the beginning of an address."""
        plain = _COUNTRY.sub("", _BETWEEN.sub("", text))
        key = one_region(plain, self._full, self._short)
        if key is not None:
            return Meant(self._code_of_key[key])
        found = self._most_telling(plain)
        if len(found) == 1:
            return Meant(next(iter(found)))
        if not found and (code := self.in_address(plain)):
            return Meant(code)
        return Meant(candidates=tuple(self._spelt(code) for code in sorted(found)))

    def in_address(self, text: str) -> str:
        """Code of the region with which an address begins; empty where none is beyond doubt.

        A single name must be that of a region that is kept: 中山市场路 is in no city of that name.
        """
        plain = _COUNTRY.sub("", _BETWEEN.sub("", text))[:_LONGEST_HEAD]
        found, n_missed = "", 0
        for place, sign in enumerate(plain, 1):
            if not is_level_word(sign):
                continue
            head = plain[:place]
            if head not in self._heads:
                self._heads[head] = self._of_head(head)
            found, n_missed = self._heads[head] or found, 0 if self._heads[head] else n_missed + 1
            # 荆州市沙市区 has a miss within it; behind two of them come streets and houses.
            if n_missed == _MISSES_IN_A_NAME and found:
                break
        return found

    def _of_head(self, head: str) -> str:
        read = self._parts(head)
        codes = {code for code, n_parts in read.items() if n_parts > 1 or code in self._kept}
        if len(codes) > 1:
            codes = {code for code in codes if read[code] == max(read[one] for one in codes)}
        return codes.pop() if len(codes) == 1 else ""

    def _most_telling(self, text: str) -> set[str]:
        read = self._parts(text)
        if not read:
            return set()
        most = max(read.values())
        codes = {code for code, n_parts in read.items() if n_parts == most}
        if len(codes) > 1 and len(kept := codes & self._kept) == 1:
            return kept
        provinces = {code for code in codes if self._names.level[code] == "province"}
        if provinces:
            # 吉林 and 海南 without an ending are the provinces.
            return provinces
        widest = min(codes, key=lambda code: _WIDEST_FIRST[self._names.level[code]])
        within = {code for code in codes if widest in self._names.above[code]}
        # 宁波 is the city, and what is in it under the same name is not meant.
        return {widest} if codes == within | {widest} else codes

    def _parts(self, text: str) -> dict[str, int]:
        """Codes that a text may end with, and how many regions it names on the way."""
        if text in self._read:
            return self._read[text]
        found = dict.fromkeys(self._names.of(text), 1)
        for length in range(2, min(_LONGEST_NAME, len(text) - 2) + 1):
            ending = text[-length:]
            if not self._names.has(ending):
                continue
            candidates = self._names.of(ending)
            rest = text[:-length].removesuffix("市辖区") or text[:-length]
            before = self._parts(rest)
            for code in candidates:
                above = [n for one, n in before.items() if one in self._names.above[code]]
                if above:
                    found[code] = max(found.get(code, 0), max(above) + 1)
                elif not before and code in self._kept and self._may_lie_in(code, rest):
                    found[code] = max(found.get(code, 0), 1)
        self._read[text] = found
        return found

    def _may_lie_in(self, code: str, rest: str) -> bool:
        """Whether an unknown region may be above: one of a level at which none is known."""
        level = _level_by_ending(rest)
        known = {self._names.level.get(one) for one in self._names.above[code]}
        return bool(level) and level not in known

    def _spelt(self, code: str) -> str:
        """A region with those above it, as one would write it."""
        names: Mapping[str, str] = regions_in_force()
        line = [f"{code[:2]}0000", f"{code[:4]}00", code]
        return "".join(dict.fromkeys(names.get(one, "") for one in line)) or code


def _level_by_ending(text: str) -> str:
    if text.endswith(("省", "自治区")):
        return "province"
    return "city" if text.endswith(("市", "州", "盟", "地区")) else ""
