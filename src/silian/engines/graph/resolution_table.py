"""Names of all records as arrays: characters, what part of the name each is, how telling it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from silian.engines.graph.names import OrganisationNameParts, parse_organisation_name
from silian.engines.graph.names_lexicon import NameLexicon
from silian.engines.graph.names_short import without_ending

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: Characters kept of one name; longer ones are cut, which costs no match their beginnings decide.
WIDTH = 32
PAD = 0
_LATIN_WORDS = 0x110000

#: Trade words take turns between two roles, so that a new role is a new part.
REGION, BRAND, TRADE, FORM, HOST, ENDING, NEXT_TRADE = 1, 2, 3, 4, 5, 6, 7


_REGION_SUFFIX = "(?:省|市|县|区|(?:壮族|回族|维吾尔)?自治区)"
_ASKED = frozenset({BRAND, TRADE, HOST, NEXT_TRADE})


@dataclass(frozen=True, slots=True)
class NameTable:
    """One row a name; a record has as many rows as names.

    Attributes
    ----------
    owner
        Position of the record, shape (n_names,).
    characters, roles
        Shape (n_names, WIDTH): the organisation's name.
    query, query_roles
        Shape (n_names, WIDTH): what another name must show to be the same, brand and trade.
    brand, brand_roles, trade
        Shape (n_names, WIDTH): of full names the query's two halves. Brand is who it is: host,
        brand, of an institution its place too, as of a company without brand. Trade is what it
        does, and the kind of institution.
    is_short
        Names that don't say their kind: 简称.
    """

    owner: Ints
    characters: Ints
    roles: Ints
    query: Ints
    query_roles: Ints
    brand: Ints
    brand_roles: Ints
    trade: Ints
    is_short: npt.NDArray[np.bool_]
    parts: Sequence[OrganisationNameParts]

    def __len__(self) -> int:
        """Count of names."""
        return len(self.owner)


def make_table(names: Sequence[Sequence[str]], lexicon: NameLexicon) -> NameTable:
    """Parse every name of every record into a row.

    Parameters
    ----------
    names
        One sequence a record, its own name first.
    lexicon
        Words to parse by.
    """
    owners: list[int] = []
    rows: list[tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]] = []
    short: list[bool] = []
    kept: list[OrganisationNameParts] = []
    for owner, variants in enumerate(names):
        seen: set[str] = set()
        for parts in _variants(variants, lexicon):
            if not parts.organisation or parts.organisation in seen:
                continue
            seen.add(parts.organisation)
            rows.append(_row(parts, lexicon))
            owners.append(owner)
            short.append(is_short(parts))
            kept.append(parts)
    matrices = [np.zeros((len(rows), WIDTH), np.int64) for _ in range(4)]
    for place, row in enumerate(rows):
        for matrix, values in zip(matrices, row, strict=True):
            matrix[place, : min(len(values), WIDTH)] = values[:WIDTH]
    characters, roles, query, query_roles = matrices
    is_trade = np.isin(query_roles, (TRADE, NEXT_TRADE))
    return NameTable(
        np.array(owners, np.int64),
        characters,
        roles,
        query,
        query_roles,
        _compressed(query, ~is_trade & (query != PAD)),
        _compressed(query_roles, ~is_trade & (query != PAD)),
        _compressed(query, is_trade),
        np.array(short, bool),
        kept,
    )


def _compressed(values: Ints, keep: npt.NDArray[np.bool_]) -> Ints:
    """The kept values of each row, moved to its beginning."""
    order = np.argsort(~keep, axis=1, kind="stable")
    moved: Ints = np.take_along_axis(np.where(keep, values, PAD), order, axis=1)
    return moved


def is_short(parts: OrganisationNameParts) -> bool:
    """Whether a name is a short one: it doesn't say what it is, or says it in one character (所).

    Examples
    --------
    >>> [is_short(parse_organisation_name(name)) for name in ("屹澍股份", "宁波材料所", "屹澍公司")]
    [True, True, False]
    """
    if not parts.kind:
        return True
    return parts.form in _SHORT_ENDINGS and len(parts.organisation) <= _LONGEST_SHORT


_SHORT_ENDINGS = frozenset({"所", "院"})
_LONGEST_SHORT = 10


def _variants(names: Sequence[str], lexicon: NameLexicon) -> Sequence[OrganisationNameParts]:
    found = []
    for name in names:
        parts = _parsed(one_wording(name, lexicon), lexicon)
        found.append(parts)
        found.extend(_parsed(one, lexicon) for one in parts.aliases)
        if "/" in parts.normalised:
            found.extend(_parsed(one, lexicon) for one in _either_name(parts))
        if not parts.kind and parts.organisation[:1] in lexicon.region_characters:
            # 粤电力 also as 广东电力.
            place = lexicon.region_characters[parts.organisation[0]]
            found.append(_parsed(place + parts.organisation[1:], lexicon))
    return found


def _either_name(parts: OrganisationNameParts) -> list[str]:
    """The two names of 中国科学院甲研究所/乙中心, the second with the host of the first."""
    first, _, second = parts.normalised.partition("/")
    host = parts.host if not second.startswith(parts.host) else ""
    return [one for one in (first, f"{host}{second}") if len(one) > _SHORTEST_OF_TWO]


_SHORTEST_OF_TWO = 3


def _parsed(name: str, lexicon: NameLexicon) -> OrganisationNameParts:
    return parse_organisation_name(name, lexicon=lexicon, cut_short=False)


def one_wording(name: str, lexicon: NameLexicon) -> str:
    """A name with one word for each that is written in two ways.

    Examples
    --------
    >>> from silian.engines.graph.names_lexicon import default_lexicon
    >>> one_wording("中科院物理研究所", default_lexicon())
    '中国科学院物理研究所'
    """
    for written, meant in lexicon.synonyms:
        if written in name and not (meant and written in meant and meant in name):
            name = name.replace(written, meant)
    return name


def _row(
    parts: OrganisationNameParts, lexicon: NameLexicon
) -> tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]:
    text = parts.organisation
    if text.isascii():
        words = [_LATIN_WORDS + crc32(word.encode()) % _LATIN_WORDS for word in text.split()]
        n_form = len(parts.form.split())
        roles = [BRAND] + [TRADE] * (len(words) - 1)
        n_query = max(1, len(words) - n_form)
        roles[n_query:] = [FORM] * (len(words) - n_query)
        return words, roles, words[:n_query], roles[:n_query]
    for region in parts.regions:
        text = re.sub(f"{re.escape(region)}{_REGION_SUFFIX}", region, text, count=1)
    if is_short(parts):
        body, ending = without_ending(text, lexicon)
        short_roles = [BRAND] * len(body) + [ENDING] * len(ending)
        short = [ord(character) for character in text]
        return short, short_roles, short, short_roles
    roles = _roles(parts, text, lexicon)
    codes = [ord(character) for character in text]
    if parts.kind != "enterprise":
        # Of institutions the place and the ending tell too: 昆明动物研究所 is not 动物研究所.
        roles = [BRAND if role == REGION else role for role in roles]
        return codes, roles, codes, [TRADE if role == FORM else role for role in roles]
    if not parts.brand:
        # 南京银行: the place is the brand.
        roles = [BRAND if role == REGION else role for role in roles]
    asked = [place for place, role in enumerate(roles) if role in _ASKED]
    return codes, roles, [codes[i] for i in asked], [roles[i] for i in asked]


def _roles(parts: OrganisationNameParts, text: str, lexicon: NameLexicon) -> list[int]:
    roles = [TRADE] * len(text)

    def mark(piece: str, role: int, start: int) -> int:
        place = text.find(piece, start) if piece else -1
        if place < 0:
            return start
        roles[place : place + len(piece)] = [role] * len(piece)
        return place + len(piece)

    after = mark(parts.host, HOST, 0)
    for region in parts.regions:
        after = max(after, mark(region, REGION, 0 if not parts.host else after))
    after = mark(parts.brand, BRAND, 0 if not parts.host else after)
    for number, word in enumerate(parts.trade_words):
        role = NEXT_TRADE if number % 2 else TRADE
        after = mark(word, FORM if word in lexicon.form_modifiers else role, after)
    if parts.form and (place := text.rfind(parts.form)) >= 0:
        roles[place : place + len(parts.form)] = [FORM] * len(parts.form)
    for word in parts.modifiers:
        mark(word, FORM, after)
    for place, character in enumerate(text):
        if character in "()":
            roles[place] = FORM
    return roles
