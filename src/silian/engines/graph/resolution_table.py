"""Names of all records as arrays: characters, what part of the name each is, how telling it is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    alphabet
        Code point of each character's number, from number 1; beyond them English words.
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
    alphabet: Ints
    names: Letters
    query: Letters
    brand: Letters
    trade: Letters
    is_short: Flags
    parts: Sequence[OrganisationNameParts]

    def __len__(self) -> int:
        """Count of names."""
        return len(self.owner)

    @property
    def n_characters(self) -> int:
        """One more than the greatest number of a character."""
        return len(self.alphabet) + 1

    def numbers(self, codes: Ints) -> Ints:
        """Numbers of characters by their code points; 0 for one that no name has."""
        if not len(self.alphabet):
            return np.zeros(codes.shape, np.int64)
        places = np.minimum(np.searchsorted(self.alphabet, codes), len(self.alphabet) - 1)
        found: Ints = np.where(self.alphabet[places] == codes, places + 1, PAD)
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
    owners: list[int] = []
    kept: list[OrganisationNameParts] = []
    for owner, variants in enumerate(_variants(names, lexicon)):
        seen: set[str] = set()
        for parts in variants:
            if not parts.organisation or parts.organisation in seen:
                continue
            seen.add(parts.organisation)
            owners.append(owner)
            kept.append(parts)
    short = np.array([is_short(one) for one in kept], bool)
    alphabet, whole = _letters([_row(one, lexicon) for one in kept])
    kinds = np.array([one.kind not in _NO_INSTITUTION for one in kept], bool) & ~short
    institution = kinds[whole.rows]
    query = whole.where(institution | _IS_ASKED[whole.roles])
    query.roles[kinds[query.rows] & (query.roles == FORM)] = TRADE
    query = query.where(query.places < WIDTH)
    is_trade = _IS_TRADE[query.roles]
    return NameTable(
        np.array(owners, np.int64),
        alphabet,
        whole.where(whole.places < WIDTH),
        query,
        query.where(~is_trade),
        query.where(is_trade),
        short,
        kept,
    )


_NO_INSTITUTION = frozenset({"", "enterprise"})


def _letters(rows: Sequence["_Row"]) -> tuple[Ints, Letters]:
    """Alphabet, and the rows in its numbers."""
    text = "".join(one.text for one in rows)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    lengths = np.array([len(one.text) for one in rows], np.int64)
    starts = np.cumsum(lengths) - lengths
    for row, one in enumerate(rows):
        if one.words:
            codes[starts[row] : starts[row] + len(one.words)] = one.words
    occurs = np.zeros(int(codes.max(initial=0)) + 1, bool)
    occurs[codes] = True
    alphabet = np.flatnonzero(occurs)
    numbers = np.zeros(len(occurs), np.int64)
    numbers[alphabet] = np.arange(1, len(alphabet) + 1)
    roles = np.frombuffer(b"".join(one.roles for one in rows), np.uint8)
    return alphabet, Letters.of(numbers[codes], roles, lengths)


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


def _variants(
    names: Sequence[Sequence[str]], lexicon: NameLexicon
) -> Iterator[list[OrganisationNameParts]]:
    """Of each record its names taken apart, and those that its names tell of."""
    told = _parsed([name for variants in names for name in variants], lexicon, reword=True)
    further = [_further_names(parts, lexicon) for parts in told]
    more = iter(_parsed([name for some in further for name in some], lexicon))
    place = 0
    for variants in names:
        found = []
        for _ in variants:
            found.append(told[place])
            found.extend(next(more) for _ in further[place])
            place += 1
        yield found


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


@dataclass(frozen=True, slots=True)
class _Row:
    """A name's characters with their roles; of an English name numbers of its words stand for them."""

    text: str
    roles: bytes
    words: Sequence[int] = ()


def _row(parts: OrganisationNameParts, lexicon: NameLexicon) -> _Row:
    text = parts.organisation
    if text.isascii():
        words = [_LATIN_WORDS + crc32(word.encode()) % _LATIN_WORDS for word in text.split()]
        n_form = min(len(words) - 1, len(parts.form.split()))
        n_trade = len(words) - 1 - n_form
        roles = bytes([BRAND, *[TRADE] * n_trade, *[FORM] * n_form])
        return _Row(_NO_CHARACTER * len(words), roles, words)
    for region in parts.regions:
        text = _without_suffix(text, region)
    if is_short(parts):
        body, ending = without_ending(text, lexicon)
        return _Row(text, bytes([BRAND]) * len(body) + bytes([ENDING]) * len(ending))
    roles = _roles(parts, text, lexicon)
    if parts.kind != "enterprise" or not parts.brand:
        # 昆明动物研究所 is not 动物研究所; of 南京银行 the place is the brand.
        roles = roles.translate(_REGION_IS_BRAND)
    return _Row(text, roles)


_NO_CHARACTER = chr(PAD)


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
    roles = bytearray([TRADE]) * len(text)

    def mark(piece: str, role: int, start: int) -> int:
        place = text.find(piece, start) if piece else -1
        if place < 0:
            return start
        roles[place : place + len(piece)] = bytes([role]) * len(piece)
        return place + len(piece)

    after = mark(parts.host, HOST, 0)
    for region in parts.regions:
        after = max(after, mark(region, REGION, 0 if not parts.host else after))
    after = mark(parts.brand, BRAND, 0 if not parts.host else after)
    for number, word in enumerate(parts.trade_words):
        role = NEXT_TRADE if number % 2 else TRADE
        after = mark(word, FORM if word in lexicon.form_modifiers else role, after)
    if parts.form and (place := text.rfind(parts.form)) >= 0:
        roles[place : place + len(parts.form)] = bytes([FORM]) * len(parts.form)
    for word in parts.modifiers:
        mark(word, FORM, after)
    if "(" in text or ")" in text:
        for place, character in enumerate(text):
            if character in "()":
                roles[place] = FORM
    return bytes(roles)
