"""What a finding of a diagnosis is, and how it is kept as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from silian.portal.bilingual import choose

Part = Literal["technology", "management", "policy"]
FindingKind = Literal["strength", "weakness", "entitled", "near", "far", "missing", "deadline"]
OfferKind = Literal["need", "position", "application"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One figure that a finding rests on, with where it comes from.

    Attributes
    ----------
    source
        Register or document, as people call it.
    status
        ``declared`` or ``verified`` for facts of the enterprise, empty otherwise.
    record_id
        Public id of the record that states it, where there is one.
    """

    label_zh: str
    label_en: str
    value: float | str | bool | None
    unit: str = ""
    source: str = ""
    status: str = ""
    record_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far it is: ``value`` more (or, negative, less) of ``unit``, from current to required.

    ``strict``: ``required`` itself does not do, it must be passed.
    """

    value: float
    unit: str
    current: float | None
    required: float | None
    label_zh: str = ""
    label_en: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a finding can be turned into with one click, and the words to begin with."""

    kind: OfferKind
    title_zh: str
    text_zh: str = ""
    policy_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisFinding:
    """One thing that the diagnosis says.

    Attributes
    ----------
    code
        Stable: which rule spoke, about what, e.g. ``policy.near.high_tech_enterprise``.
    distances
        One for each gap; empty where there is nothing to close.
    """

    code: str
    part: Part
    kind: FindingKind
    text_zh: str
    text_en: str
    evidence: tuple[Evidence, ...] = ()
    distances: tuple[Distance, ...] = ()
    offers: tuple[Offer, ...] = ()
    policy_id: str = ""

    @property
    def text(self) -> str:
        """The finding in the reader's language."""
        return choose(self.text_zh, self.text_en)


def as_values(finding: DiagnosisFinding) -> dict[str, Any]:
    """A finding as JSON holds it."""
    return {key: getattr(finding, key) for key in _PLAIN} | {
        "evidence": [_fields(one) for one in finding.evidence],
        "distances": [_fields(one) for one in finding.distances],
        "offers": [_fields(one) for one in finding.offers],
    }


def finding_from(values: Mapping[str, Any]) -> DiagnosisFinding:
    """The finding that JSON holds."""
    plain = {key: values[key] for key in _PLAIN}
    return DiagnosisFinding(
        **plain,
        evidence=tuple(Evidence(**row) for row in values["evidence"]),
        distances=tuple(Distance(**row) for row in values["distances"]),
        offers=tuple(Offer(**row) for row in values["offers"]),
    )


def findings_from(rows: Sequence[Mapping[str, Any]]) -> tuple[DiagnosisFinding, ...]:
    """All findings of a content, in its order."""
    return tuple(finding_from(row) for row in rows)


def _fields(value: Evidence | Distance | Offer) -> dict[str, Any]:
    # asdict copies deeply, which a city's worth of findings would feel; these are flat.
    return {name: getattr(value, name) for name in value.__slots__}


_PLAIN = ("code", "part", "kind", "text_zh", "text_en", "policy_id")
