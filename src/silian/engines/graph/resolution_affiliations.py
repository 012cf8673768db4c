"""Free-text affiliations of papers and patents, taken apart and brought to known organisations."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from silian.engines.graph.names import parse_organisation_name
from silian.engines.graph.names_lexicon import NameLexicon, default_lexicon, normalise_name
from silian.engines.graph.resolution import resolve_organisations
from silian.engines.graph.resolution_backend import Connection
from silian.engines.graph.resolution_english import (
    EnglishNames,
    english_names,
    named_in_english,
)
from silian.engines.graph.resolution_settings import OrganisationSettings
from silian.engines.graph.resolution_table import one_wording
from silian.engines.graph.resolution_values import LinkState, OrganisationRecord
from silian.language import normalise

_OPEN, _CLOSE = "\x01", "\x02"
_BRACKETED = re.compile(r"\(([^()]{2,8})\)")
_PIECE = re.compile(r"[^;,，；、。.:：/()\[\]\s\d*†‡§#·‧'’\"”」}\\|<>@~^$_+=]+")
_NEXT = re.compile(r"[;；]|\d\s*[.．、，]|[)]\s*[(]|‧")
#: Endings of parts that stand after their organisation, behind a comma.
_DEPARTMENT = re.compile(
    r"(?:学院|学部|系|重点实验室|实验室|研究中心|工程中心|技术中心|中心|研究室|课题组|教研室|研究所|"
    r"研究院|研究部|事业部|部|科|室|处|站)$"
)
_OWN_NAME = re.compile(
    r"大学|公司|医院|科学院|集团|(?:职业|师范|工程|技术|理工|工业|医|农|财经)学院"
)
#: No record id begins so, and it sorts before all of them.
_MENTION = "\x00mention:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Affiliation:
    """One organisation that a text names.

    Attributes
    ----------
    text
        The piece of the text, normalised.
    organisation
        The organisation's own name.
    department
        School, laboratory, ward; empty if the text names none.
    """

    text: str
    organisation: str
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliationMatch:
    """Where an affiliation belongs; ``organisation_id`` is empty where nothing known fits."""

    affiliation: Affiliation
    organisation_id: str = ""
    probability: float = 0.0
    state: LinkState | str = ""


def split_affiliations(text: str, *, lexicon: NameLexicon | None = None) -> tuple[Affiliation, ...]:
    """Organisations and departments that a free text names, in its order, each once.

    Names of people, places, postcodes and footnote marks are passed over.

    Examples
    --------
    >>> split_affiliations("中国科学院宁波材料技术与工程研究所, 浙江 宁波 315201")[0].organisation
    '中国科学院宁波材料技术与工程研究所'
    >>> [one.department for one in split_affiliations("屹澍大学，材料学院，宁波；澍屹大学")]
    ['材料学院', '']
    """
    words = lexicon or default_lexicon()
    plain = _BRACKETED.sub(
        lambda match: f"{_OPEN}{match[1]}{_CLOSE}" if match[1] in words.regions else match[0],
        normalise(text),
    )
    found: list[Affiliation] = []
    last = 0
    may_follow = False
    for match in _PIECE.finditer(plain):
        if _NEXT.search(plain[last : match.start()]):
            may_follow = False
        last = match.end()
        piece = match[0].replace(_OPEN, "(").replace(_CLOSE, ")")
        if may_follow and _is_department(piece, words):
            found[-1] = _with_department(found[-1], piece)
            continue
        one = _affiliation(piece, words)
        if one is not None:
            found.append(one)
            may_follow = True
    return tuple({(one.organisation, one.department): one for one in found}.values())


@lru_cache(maxsize=1 << 14)  # the same few thousand institutions stand in most texts
def _affiliation(piece: str, lexicon: NameLexicon) -> Affiliation | None:
    name = _without_place_behind(one_wording(normalise_name(piece), lexicon), lexicon)
    if len(name) < _SHORTEST:
        return None
    parts = parse_organisation_name(name, lexicon=lexicon)
    if not parts.kind or (parts.kind == "enterprise" and not _OWN_NAME.search(name)):
        return None
    return Affiliation(text=piece, organisation=parts.organisation, department=parts.branch)


_SHORTEST = 4


def _without_place_behind(name: str, lexicon: NameLexicon) -> str:
    """甘肃农业大学农学院兰州: the place is no part of the name."""
    for n_characters in range(min(8, len(name) - _SHORTEST), 1, -1):
        rest = name[:-n_characters]
        if name[-n_characters:] in lexicon.regions and rest.endswith(
            (*lexicon.institution_endings, *lexicon.branch_endings, "公司")
        ):
            return _without_place_behind(rest, lexicon)
    return name


def _is_department(piece: str, lexicon: NameLexicon) -> bool:
    piece = _without_place_behind(piece, lexicon)
    return bool(_DEPARTMENT.search(piece)) and not _OWN_NAME.search(piece)


def _with_department(affiliation: Affiliation, piece: str) -> Affiliation:
    return Affiliation(
        text=f"{affiliation.text} {piece}",
        organisation=affiliation.organisation,
        department=f"{affiliation.department}{piece}",
    )


def resolve_affiliations(
    texts: Sequence[str],
    organisations: Iterable[OrganisationRecord],
    *,
    settings: OrganisationSettings | None = None,
    lexicon: NameLexicon | None = None,
    connection: Connection | None = None,
) -> list[tuple[AffiliationMatch, ...]]:
    """Bring every affiliation of every text to one of the organisations.

    Parameters
    ----------
    texts
        Affiliation lines, author lines, assignees.
    organisations
        What is known, with all names.

    Returns
    -------
    list
        One tuple a text, one match an affiliation: ``linked``, in ``review``, or without an id.
        English names come last, where they are written as a record has them.

    Examples
    --------
    >>> known = [OrganisationRecord(record_id="org-1", name="宁波大学")]
    >>> [[match]] = [resolve_affiliations(["宁波大学材料学院，浙江 宁波 315211"], known)[0]]
    >>> match.organisation_id, match.affiliation.department
    ('org-1', '材料学院')
    """
    split = [split_affiliations(text, lexicon=lexicon) for text in texts]
    names = sorted({one.organisation for held in split for one in held})
    known = [replace(one, source="known") for one in organisations]
    mentions = [
        OrganisationRecord(record_id=f"{_MENTION}{name}", name=name, source="mention")
        for name in names
    ]
    found = resolve_organisations(
        [*known, *mentions],
        scope="between",
        settings=settings,
        lexicon=lexicon,
        connection=connection,
    )
    best: dict[str, tuple[float, str, str]] = {}
    for link in (*found.links, *found.review):
        if link.state == "refused":
            continue
        mention, other = sorted((link.left_id, link.right_id))
        name = mention.removeprefix(_MENTION)
        offer = (link.probability, other, link.state)
        if name not in best or (-offer[0], offer[1]) < (-best[name][0], best[name][1]):
            best[name] = offer
    in_english = english_names(known)
    return [
        (*(_match(one, best) for one in held), *_english(text, in_english))
        for text, held in zip(texts, split, strict=True)
    ]


def _english(text: str, names: EnglishNames) -> Iterator[AffiliationMatch]:
    """Known organisations by their English names; one that others may have too is for review."""
    for one in named_in_english(text, names) if names else ():
        n_candidates = len(one.record_ids) + one.is_doubtful
        yield AffiliationMatch(
            affiliation=Affiliation(
                text=one.text, organisation=one.text, department=one.department
            ),
            organisation_id=one.record_ids[0],
            probability=1.0 / n_candidates,
            state="linked" if n_candidates == 1 else "review",
        )


def _match(affiliation: Affiliation, best: dict[str, tuple[float, str, str]]) -> AffiliationMatch:
    if affiliation.organisation not in best:
        return AffiliationMatch(affiliation=affiliation)
    probability, organisation_id, state = best[affiliation.organisation]
    return AffiliationMatch(
        affiliation=affiliation,
        organisation_id=organisation_id,
        probability=probability,
        state=state,
    )
