"""Names of all records as arrays: characters, what part of the name each is, how telling it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

import numpy as np
import numpy.typing as npt

from silian.engines.graph.names import read_names
from silian.engines.graph.names_lexicon import NameLexicon
from silian.engines.graph.names_parts import OrganisationNameParts
from silian.engines.graph.names_readings import Reading
from silian.engines.graph.resolution_keys import Ints, first_of_runs
from silian.engines.graph.resolution_letters import PAD, Flags, Letters
from silian.engines.graph.resolution_roles import FORM, NEXT_TRADE, REGION, TRADE, name_row

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: Characters kept of one name; longer ones are cut, which costs no match their beginnings decide.
WIDTH = 32
_LATIN_WORDS = 0x110000

_IS_TRADE = np.isin(np.arange(NEXT_TRADE + 1), (TRADE, NEXT_TRADE))
_IS_ASKED = ~np.isin(np.arange(NEXT_TRADE + 1), (REGION, FORM))


@dataclass(frozen=True, slots=True)
class NameTable:
    """One row a name; a record has as many rows as names.

    Attributes
    ----------
    owner
        Position of the record, shape (n_names,), ascending.
    name
        Number of the organisation's name: names written alike have one.
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
    name: Ints
    number_of: Ints
    n_characters: int
    names: Letters
    query: Letters
    brand: Letters
    trade: Letters
    is_short: Flags
    parts: Sequence[Reading]

    def __len__(self) -> int:
        """Count of names."""
        return len(self.owner)

    def numbers(self, codes: Ints) -> Ints:
        """Numbers of characters by their code points; 0 for one that no name has."""
        last = len(self.number_of) - 1
        found: Ints = np.where(codes <= last, self.number_of[np.minimum(codes, last)], PAD)
        return found


@dataclass(frozen=True, slots=True)
class MainNames:
    """Of each record its own name, or its first full name where its own is short.

    Attributes
    ----------
    number
        Of the organisation's name, as in the table; one of their own for records without a name.
    """

    parts: Sequence[Reading]
    number: Ints
    is_short: Flags

    @classmethod
    def of(cls, table: NameTable, n_records: int) -> "MainNames":
        """The names of so many records of a table."""
        rows = np.full(n_records, -1, np.int64)
        begins = np.flatnonzero(first_of_runs(table.owner))
        rows[table.owner[begins]] = begins
        full = np.flatnonzero(~table.is_short)
        full = full[first_of_runs(table.owner[full])]
        owners = table.owner[full]
        is_better = table.is_short[rows[owners]]
        rows[owners[is_better]] = full[is_better]
        parts = [*table.parts, Reading("", "")]  # the last one where there is no name
        return cls(
            [parts[row] for row in rows.tolist()],
            np.append(table.name, len(table))[rows],
            np.append(table.is_short, True)[rows],
        )


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
    number_of, whole = _letters(kept, short, lexicon)
    kinds = np.array([one.kind not in _NO_INSTITUTION for one in kept], bool) & ~short
    institution = kinds[whole.rows]
    query = whole.where(institution | _IS_ASKED[whole.roles])
    query.roles[kinds[query.rows] & (query.roles == FORM)] = TRADE
    query = query.cut(WIDTH)
    is_trade = _IS_TRADE[query.roles]
    numbers: dict[str, int] = {}
    return NameTable(
        np.array(owners, np.int64),
        np.array([numbers.setdefault(one.organisation, len(numbers)) for one in kept], np.int64),
        number_of,
        int(np.count_nonzero(number_of)) + 1,
        whole.cut(WIDTH),
        query,
        query.where(~is_trade),
        query.where(is_trade),
        short,
        kept,
    )


_NO_INSTITUTION = frozenset({"", "enterprise"})


def _letters(kept: Sequence[Reading], short: Flags, lexicon: NameLexicon) -> tuple[Ints, Letters]:
    """Number of each character that occurs, and the names in these numbers."""
    rows = [
        name_row(one, one_short, lexicon)
        for one, one_short in zip(kept, short.tolist(), strict=True)
    ]
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


def is_short(parts: OrganisationNameParts | Reading) -> bool:
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


def _named(names: Sequence[Sequence[str]], lexicon: NameLexicon) -> tuple[list[int], list[Reading]]:
    """The names of each record taken apart, and those that its names tell of, each once."""
    told = _read([name for variants in names for name in variants], lexicon, reword=True)
    further = [_further_names(one, lexicon) for one in told]
    more = iter(_read([name for some in further for name in some], lexicon))
    owners: list[int] = []
    kept: list[Reading] = []
    begin = 0
    for owner, variants in enumerate(names):
        end = begin + len(variants)
        found: dict[str, Reading] = {}
        if end - begin != 1 or further[begin]:
            for place in range(begin, end):
                found.setdefault(told[place].organisation, told[place])
                for another in islice(more, len(further[place])):
                    found.setdefault(another.organisation, another)
            found.pop("", None)
            owners.extend([owner] * len(found))
            kept.extend(found.values())
        elif told[begin].organisation:  # as of most records
            owners.append(owner)
            kept.append(told[begin])
        begin = end
    return owners, kept


def _further_names(one: Reading, lexicon: NameLexicon) -> Sequence[str]:
    names = one.aliases
    if "/" in one.normalised:
        names = (*names, *_either_name(one))
    if not one.kind and one.organisation[:1] in lexicon.region_characters:
        # 粤电力 also as 广东电力.
        place = lexicon.region_characters[one.organisation[0]]
        names = (*names, place + one.organisation[1:])
    return names


def _either_name(one: Reading) -> list[str]:
    """The two names of 中国科学院甲研究所/乙中心, the second with the host of the first."""
    first, _, second = one.normalised.partition("/")
    host = one.host if not second.startswith(one.host) else ""
    return [name for name in (first, f"{host}{second}") if len(name) > _SHORTEST_OF_TWO]


_SHORTEST_OF_TWO = 3


def _read(names: Sequence[str], lexicon: NameLexicon, *, reword: bool = False) -> list[Reading]:
    """Names taken apart, each of them once."""
    known = list(dict.fromkeys(names))
    worded = one_wordings(known, lexicon) if reword else known
    read = read_names(worded, lexicon, cut_short=False)
    if len(known) == len(names):
        return read
    found = dict(zip(known, read, strict=True))
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
        if written in name:
            name = _reworded(name, written, meant)
    return name


def one_wordings(names: Sequence[str], lexicon: NameLexicon) -> list[str]:
    """``one_wording`` of each name; words that no name holds are looked for only once."""
    worded = list(names)
    # Within one text no word reaches over the end of a name.
    whole = "\n".join(worded)
    for written, meant in lexicon.synonyms:
        if written in whole:
            worded = [
                _reworded(name, written, meant) if written in name else name for name in worded
            ]
            whole = "\n".join(worded)
    return worded


def _reworded(name: str, written: str, meant: str) -> str:
    if meant and written in meant and meant in name:
        return name
    return name.replace(written, meant)


def _latin_words(parts: Reading) -> list[int]:
    """Numbers beyond all characters for the words of an English name."""
    return [
        _LATIN_WORDS + crc32(word.encode()) % _LATIN_WORDS for word in parts.organisation.split()
    ]
