"""The words of the sample city, read from the library's vocabulary files."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from silian.errors import EngineError

GEOMETRIC_RATIO = 30.0


class VocabularyFault(EngineError, ValueError):
    """A vocabulary file names something that it doesn't define."""

    code = "vocabulary_fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What measures a problem: its names, unit and range from poor to excellent."""

    names: tuple[str, ...]
    unit: str
    poor: float
    excellent: float
    digits: int

    @property
    def rises(self) -> bool:
        """Whether a higher value is better."""
        return self.excellent > self.poor

    def at(self, quality: float) -> str:
        """Value with its unit at a quality between 0 (poor) and 1 (excellent).

        Examples
        --------
        >>> Indicator(names=("硬度",), unit="HV", poor=200, excellent=600, digits=0).at(0.5)
        '400HV'
        """
        ratio = self.excellent / self.poor
        if ratio > GEOMETRIC_RATIO or ratio < 1 / GEOMETRIC_RATIO:
            value = self.poor * ratio**quality
            value = float(f"{value:.2g}")
        else:
            value = self.poor + quality * (self.excellent - self.poor)
            span = abs(self.excellent - self.poor)
            if self.digits == 0 and span >= 100:
                step = 10.0 if span >= 300 else 5.0
                value = round(value / step) * step
        return f"{value:.{self.digits}f}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What goes wrong, with which objects, what solves it, and how it is measured."""

    names: tuple[str, ...]
    indicator: Indicator
    techniques: tuple[int, ...]
    test: str
    families: tuple[int, ...]
    things: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """An instrument and the test methods that it offers."""

    names: tuple[str, ...]
    model: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """One trade.

    ``objects[i]`` are the synonyms of object ``i`` and ``families[i]`` its family;
    ``industry_codes`` (code and name), ``materials`` and ``scenes`` (where it is used) are listed
    by family.
    """

    code: str
    name_zh: str
    name_en: str
    field_codes: tuple[str, ...]
    industry_codes: tuple[tuple[str, str], ...]
    ipc_classes: tuple[str, ...]
    trade_words: tuple[str, ...]
    making: tuple[str, ...]
    objects: tuple[tuple[str, ...], ...]
    families: tuple[int, ...]
    family_names: tuple[str, ...]
    techniques: tuple[tuple[str, ...], ...]
    problems: tuple[Problem, ...]
    materials: tuple[tuple[str, ...], ...]
    scenes: tuple[tuple[str, ...], ...]
    instruments: tuple[Instrument, ...]

    def members(self, family: int) -> tuple[int, ...]:
        """Objects of a family."""
        return tuple(i for i, other in enumerate(self.families) if other == family)


def _load(name: str) -> Any:
    text = files("silian.library").joinpath(f"vocabulary/{name}.yaml").read_text("utf-8")
    return yaml.safe_load(text)


def _digits(*numbers: float) -> int:
    return max(len(str(n).partition(".")[2]) if isinstance(n, float) else 0 for n in numbers)


def _by_family(
    raw: Mapping[str, list[str]] | list[str], families: list[str]
) -> tuple[tuple[str, ...], ...]:
    """One tuple a family: its own entries, or the common list."""
    if isinstance(raw, list):
        return tuple(tuple(raw) for _ in families)
    return tuple(tuple(raw[family]) for family in families)


def _problem(
    raw: Mapping[str, Any],
    techniques: list[str],
    families: list[str],
    objects: list[tuple[int, str]],
) -> Problem:
    poor, excellent = raw["range"]
    unknown = set(raw["techniques"]) - set(techniques) | set(raw.get("families", ())) - set(
        families
    )
    if unknown:
        raise VocabularyFault(
            f"problem {raw['names']!r} names {sorted(unknown)}; expected techniques among "
            f"{techniques} and families among {families}."
        )
    return Problem(
        names=tuple(raw["names"].split("/")),
        indicator=Indicator(
            names=tuple(raw["indicator"].split("/")),
            unit=raw["unit"],
            poor=float(poor),
            excellent=float(excellent),
            digits=_digits(poor, excellent),
        ),
        things=_suffering(raw, families, objects),
        techniques=tuple(techniques.index(code) for code in raw["techniques"]),
        test=raw["test"],
        families=tuple(families.index(code) for code in raw.get("families", families)),
    )


def _suffering(
    raw: Mapping[str, Any], families: list[str], objects: list[tuple[int, str]]
) -> frozenset[int]:
    """Objects of the problem's families without those that it names as excepted."""
    affected = {families.index(code) for code in raw.get("families", families)}
    things = {n for n, (family, _) in enumerate(objects) if family in affected}
    first_names = {names.split("/")[0]: n for n, (_, names) in enumerate(objects)}
    excepted = set(raw.get("except", ()))
    if not excepted <= {name for name, n in first_names.items() if n in things}:
        raise VocabularyFault(
            f"problem {raw['names']!r} excepts {sorted(excepted)}; expected first names of objects "
            f"in its families: {sorted(first_names)}."
        )
    return frozenset(things - {first_names[name] for name in excepted})


def _industry(raw: Mapping[str, Any]) -> Industry:
    family_names = list(raw["objects"])
    technique_codes = list(raw["techniques"])
    objects = [(f, names) for f, group in enumerate(raw["objects"].values()) for names in group]
    return Industry(
        code=raw["code"],
        name_zh=raw["name_zh"],
        name_en=raw["name_en"],
        field_codes=tuple(raw["field_codes"]),
        industry_codes=tuple(
            (raw["industry_codes"][f]["code"], raw["industry_codes"][f]["name"])
            for f in family_names
        ),
        ipc_classes=tuple(raw["ipc_classes"]),
        trade_words=tuple(raw["trade_words"]),
        making=tuple(raw["making"]),
        objects=tuple(tuple(names.split("/")) for _, names in objects),
        families=tuple(family for family, _ in objects),
        family_names=tuple(family_names),
        techniques=tuple(tuple(names.split("/")) for names in raw["techniques"].values()),
        problems=tuple(
            _problem(p, technique_codes, family_names, objects) for p in raw["problems"]
        ),
        materials=_by_family(raw["materials"], family_names),
        scenes=_by_family(raw["scenes"], family_names),
        instruments=tuple(
            Instrument(
                names=tuple(i["names"].split("/")), model=i["model"], methods=tuple(i["methods"])
            )
            for i in raw["instruments"]
        ),
    )


@cache
def industries() -> tuple[Industry, ...]:
    """All trades, in the order of the file."""
    return tuple(_industry(raw) for raw in _load("industries")["industries"])


@cache
def names() -> Mapping[str, Any]:
    """Places, name parts, service kinds and titles."""
    loaded: Mapping[str, Any] = _load("names")
    return loaded


@cache
def phrases() -> Mapping[str, Any]:
    """Sentence patterns by kind of text."""
    loaded: Mapping[str, Any] = _load("phrases")
    return loaded


@cache
def field_labels() -> Mapping[str, str]:
    """Chinese label of every technical field, of both levels."""
    text = files("silian.library").joinpath("fields.yaml").read_text("utf-8")
    tree = yaml.safe_load(text)["fields"]
    labels = {top["code"]: top["label_zh"] for top in tree}
    labels.update({c["code"]: c["label_zh"] for top in tree for c in top["children"]})
    return labels


@cache
def chain_words() -> Mapping[str, Any]:
    """What feeds what across trades, target chains, and the gaps that are planted."""
    loaded: Mapping[str, Any] = _load("chains")
    return loaded
