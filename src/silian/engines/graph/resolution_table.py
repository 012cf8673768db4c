"""Names of all records as arrays: characters, what part of the name each is, how telling it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

import numpy as np
import numpy.typing as npt

from silian.engines.graph.names import parse_organisation_names
from silian.engines.graph.names_lexicon import NameLexicon
from silian.engines.graph.names_parts import OrganisationNameParts
from silian.engines.graph.names_short import without_ending
from silian.engines.graph.resolution_keys import Ints
from silian.engines.graph.resolution_letters import PAD, Flags, Letters

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: Characters kept of one name; longer ones are cut, which costs no match their beginnings decide.
WIDTH = 32
_LATIN_WORDS = 0x110000

#: Trade words take turns between two roles, so that a new role is a new part.
REGION, BRAND, TRADE, FORM, HOST, ENDING, NEXT_TRADE = 1, 2, 3, 4, 5, 6, 7
_IS_TRADE = np.isin(np.arange(NEXT_TRADE + 1), (TRADE, NEXT_TRADE))
_IS_ASKED = ~np.isin(np.arange(NEXT_TRADE + 1), (REGION, FORM))
_REGION_IS_BRAND = bytes.maketrans(bytes([REGION]), bytes([BRAND]))

_REGION_SUFFIX = re.compile("省|市|县|区|(?:壮族|回族|维吾尔)?自治区")


@dataclass(frozen=True, slots=True)
class NameTable:
    """One row a name; a record has as many rows as names.

    Attributes
    ----------
    owner
        Position of the record, shape (n_names,), ascending.
    number_of
        Number of each character by its code point, from 1 in their order, and beyond all code points of
        English words; 0 of those that no name has.
    n_characters
        One more than the greatest number.
    names
        The organisations' names, up to WIDTH characters each.
    query
        What another name must show to be the same: brand and trade.
    brand, trade
        Of full names the query's two halves. Brand is who it is: host, brand, of an institution its
        place too, as of a company without brand. Trade is what it does, and the kind of institution.
    is_short
        Names that don't say their kind: 简称.
    """

    owner: Ints
    number_of: Ints
    n_characters: int
    names: Letters
    query: Letters
    brand: Letters
    trade: Letters
    is_short: Flags
    parts: Sequence[OrganisationNameParts]

    def __len__(self) -> int:
        """Count of names."""
        return len(self.owner)

    def numbers(self, codes: Ints) -> Ints:
        """Numbers of characters by their code points; 0 for one that no name has."""
        last = len(self.number_of) - 1
        found: Ints = np.where(codes <= last, self.number_of[np.minimum(codes, last)], PAD)
        return found


def make_table(names: Sequence[Sequence[str]], lexicon: NameLexicon) -> NameTable:
    """Parse every name of every record into a row.

    Parameters
    ----------
    names
        One sequence a record, its own name first.
    lexicon
        Words to parse by.
    """
    owners, kept = _named(names, lexicon)
    short = np.array([is_short(one) for one in kept], bool)
    number_of, whole = _letters(kept, lexicon)
    kinds = np.array([one.kind not in _NO_INSTITUTION for one in kept], bool) & ~short
    institution = kinds[whole.rows]
    query = whole.where(institution | _IS_ASKED[whole.roles])
    query.roles[kinds[query.rows] & (query.roles == FORM)] = TRADE
    query = query.where(query.places < WIDTH)
    is_trade = _IS_TRADE[query.roles]
    return NameTable(
        np.array(owners, np.int64),
        number_of,
        int(np.count_nonzero(number_of)) + 1,
        whole.where(whole.places < WIDTH),
        query,
        query.where(~is_trade),
        query.where(is_trade),
        short,
        kept,
    )


_NO_INSTITUTION = frozenset({"", "enterprise"})


def _letters(kept: Sequence[OrganisationNameParts], lexicon: NameLexicon) -> tuple[Ints, Letters]:
    """Number of each character that occurs, and the names in these numbers."""
    rows = [_row(one, lexicon) for one in kept]
    texts = [text for text, _ in rows]
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    codes = codes.astype(np.int64)
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(lengths) - lengths
    for row in np.flatnonzero(codes[starts] == PAD).tolist():
        words = _latin_words(kept[row])
        codes[starts[row] : starts[row] + len(words)] = words
    occurs = np.zeros(int(codes.max(initial=0)) + 1, bool)
    occurs[codes] = True
    found = np.flatnonzero(occurs)
    number_of = np.zeros(len(occurs), np.int64)
    number_of[found] = np.arange(1, len(found) + 1)
    roles = np.frombuffer(b"".join(roles for _, roles in rows), np.uint8)
    return number_of, Letters.of(number_of[codes], roles, lengths)


def is_short(parts: OrganisationNameParts) -> bool:
    """Whether a name is a short one: it doesn't say what it is, or says it in one character (所).

    Examples
    --------
    >>> from silian.engines.graph.names import parse_organisation_name
    >>> [is_short(parse_organisation_name(name)) for name in ("屹澍股份", "宁波材料所", "屹澍公司")]
    [True, True, False]
    """
    if not parts.kind:
        return True
    return parts.form in _SHORT_ENDINGS and len(parts.organisation) <= _LONGEST_SHORT


_SHORT_ENDINGS = frozenset({"所", "院"})
_LONGEST_SHORT = 10


def _named(
    names: Sequence[Sequence[str]], lexicon: NameLexicon
) -> tuple[list[int], list[OrganisationNameParts]]:
    """The names of each record taken apart, and those that its names tell of, each once."""
    told = _parsed([name for variants in names for name in variants], lexicon, reword=True)
    further = [_further_names(parts, lexicon) for parts in told]
    more = iter(_parsed([name for some in further for name in some], lexicon))
    each = zip(told, further, strict=True)
    owners: list[int] = []
    kept: list[OrganisationNameParts] = []
    for owner, variants in enumerate(names):
        found: dict[str, OrganisationNameParts] = {}
        for parts, some in islice(each, len(variants)):
            found.setdefault(parts.organisation, parts)
            for one in islice(more, len(some)):
                found.setdefault(one.organisation, one)
        found.pop("", None)
        owners.extend([owner] * len(found))
        kept.extend(found.values())
    return owners, kept


def _further_names(parts: OrganisationNameParts, lexicon: NameLexicon) -> Sequence[str]:
    names = parts.aliases
    if "/" in parts.normalised:
        names = (*names, *_either_name(parts))
    if not parts.kind and parts.organisation[:1] in lexicon.region_characters:
        # 粤电力 also as 广东电力.
        place = lexicon.region_characters[parts.organisation[0]]
        names = (*names, place + parts.organisation[1:])
    return names


def _either_name(parts: OrganisationNameParts) -> list[str]:
    """The two names of 中国科学院甲研究所/乙中心, the second with the host of the first."""
    first, _, second = parts.normalised.partition("/")
    host = parts.host if not second.startswith(parts.host) else ""
    return [one for one in (first, f"{host}{second}") if len(one) > _SHORTEST_OF_TWO]


_SHORTEST_OF_TWO = 3


def _parsed(
    names: Sequence[str], lexicon: NameLexicon, *, reword: bool = False
) -> list[OrganisationNameParts]:
    """Names taken apart, each of them once."""
    known = list(dict.fromkeys(names))
    worded = [one_wording(name, lexicon) for name in known] if reword else known
    parts = parse_organisation_names(worded, lexicon=lexicon, cut_short=False)
    found = dict(zip(known, parts, strict=True))
    return [found[name] for name in names]


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


def _row(parts: OrganisationNameParts, lexicon: NameLexicon) -> tuple[str, bytes]:
    """A name's characters with their roles; of an English name its words stand for characters."""
    text = parts.organisation
    if text.isascii():
        n_words = len(text.split())
        n_form = min(n_words - 1, len(parts.form.split()))
        roles = bytes([BRAND, *[TRADE] * (n_words - 1 - n_form), *[FORM] * n_form])
        return _NO_CHARACTER * n_words, roles
    for region in parts.regions:
        text = _without_suffix(text, region)
    if is_short(parts):
        body, ending = without_ending(text, lexicon)
        return text, _BYTES[BRAND] * len(body) + _BYTES[ENDING] * len(ending)
    roles = _roles(parts, text, lexicon)
    if parts.kind != "enterprise" or not parts.brand:
        # 昆明动物研究所 is not 动物研究所; of 南京银行 the place is the brand.
        roles = roles.translate(_REGION_IS_BRAND)
    return text, roles


def _latin_words(parts: OrganisationNameParts) -> list[int]:
    """Numbers beyond all characters for the words of an English name."""
    return [
        _LATIN_WORDS + crc32(word.encode()) % _LATIN_WORDS for word in parts.organisation.split()
    ]


_NO_CHARACTER = chr(PAD)
_BYTES = [bytes([role]) for role in range(NEXT_TRADE + 1)]


def _without_suffix(text: str, region: str) -> str:
    """宁波市屹澍 as 宁波屹澍."""
    place = text.find(region)
    while place >= 0:
        match = _REGION_SUFFIX.match(text, place + len(region))
        if match:
            return text[: match.start()] + text[match.end() :]
        place = text.find(region, place + 1)
    return text


def _roles(parts: OrganisationNameParts, text: str, lexicon: NameLexicon) -> bytes:
    roles = bytearray(_BYTES[TRADE] * len(text))

    def mark(piece: str, role: int, start: int) -> int:
        place = text.find(piece, start)
        if place < 0:
            return start
        roles[place : place + len(piece)] = _BYTES[role] * len(piece)
        return place + len(piece)

    after = mark(parts.host, HOST, 0) if parts.host else 0
    for region in parts.regions:
        after = max(after, mark(region, REGION, 0 if not parts.host else after))
    if parts.brand:
        after = mark(parts.brand, BRAND, 0 if not parts.host else after)
    role = TRADE
    for word in parts.trade_words:
        after = mark(word, FORM if word in lexicon.form_modifiers else role, after)
        role = NEXT_TRADE if role == TRADE else TRADE
    if parts.form and (place := text.rfind(parts.form)) >= 0:
        roles[place : place + len(parts.form)] = _BYTES[FORM] * len(parts.form)
    for word in parts.modifiers:
        mark(word, FORM, after)
    if "(" in text or ")" in text:
        for place, character in enumerate(text):
            if character in "()":
                roles[place] = FORM
    return bytes(roles)
