"""Guesses from what a column's values look like, where its heading says nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from silian.portal.registry.interfaces.column_shapes import Profile
from silian.portal.registry.interfaces.headings import columns_by_name


@dataclass(frozen=True, slots=True)
class Guess:
    """One thing that a column might be.

    Attributes
    ----------
    last_field
        Of stretches of time: the field of their ends.
    """

    field: str
    confidence: float
    reason_zh: str
    reason_en: str
    unit: str = ""
    year: int | None = None
    last_field: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it would take."""
        return (self.field, self.last_field) if self.last_field else (self.field,)


# Shape, the columns of ours that hold such values, how sure that makes it, and in words.
_BY_SHAPE: tuple[tuple[str, tuple[str, ...], float, str, str], ...] = (
    (
        "unified_code",
        ("unified_social_credit_code", "organisation_code"),
        0.9,
        "校验位正确的统一社会信用代码",
        "unified social credit codes with right check digits",
    ),
    ("orcid", ("orcid",), 0.9, "ORCID", "ORCIDs"),
    ("ipc", ("ipc_codes",), 0.85, "IPC 分类号", "IPC codes"),
    ("adcode", ("adcode", "region_adcode"), 0.6, "6 位区划代码", "codes of regions"),
    (
        "organisation",
        ("name", "organisation_name", "assignee_names"),
        0.6,
        "像单位名称",
        "like names of organisations",
    ),
    ("person", ("name", "leader_name"), 0.6, "像人名", "like names of people"),
    (
        "people",
        ("inventor_names", "author_names"),
        0.65,
        "像多个人名",
        "like lists of people",
    ),
    ("region", ("region_name",), 0.65, "像地区名", "like names of regions"),
    (
        "long",
        ("text", "summary", "abstract", "description", "biography"),
        0.45,
        "较长的文字",
        "longer texts",
    ),
    ("money", ("budget_cny", "price_cny", "funds_cny", "amount_cny"), 0.45, "金额", "amounts"),
)
_LEAST_SHARE = 0.8
# A name alone is no sign of just any kind: only of these.
_NAMED_BY = {"organisation": {"organisation", "service_agency"}, "person": {"person"}}


def guesses_by_shape(kind: str, profile: Profile) -> Iterator[Guess]:
    """What a column might be by its values alone.

    Examples
    --------
    >>> from silian.portal.registry.interfaces.column_shapes import profile_of
    >>> guess, = guesses_by_shape("need", profile_of("x", ["91350100M000100Y43"]))
    >>> guess.field, guess.confidence
    ('organisation_code', 0.9)
    """
    known = columns_by_name(kind)
    for shape, fields, confidence, zh, en in _BY_SHAPE:
        share = profile.shape(shape)
        if share < _LEAST_SHARE:
            continue
        for field in fields:
            if field not in known or (field == "name" and kind not in _NAMED_BY[shape]):
                continue
            told = f"{share:.0%}"
            yield Guess(
                field,
                confidence,
                f"{told} 的内容是{zh}" if not zh.startswith("像") else f"{told} 的内容{zh}",
                f"{told} of the values are {en}",
            )
            break
