"""Where names of chain nodes stand in the texts of records.

Only names themselves are looked for, whole and on the borders of words; of names within one
another the longest counts. What a text is about stands last in Chinese (谐波减速器 is a 减速器,
减速器壳体 is none), so where a name ends is part of the answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from silian.language import Segmenter, normalise

#: What ends a title after the thing it is about.
_TAILS = (
    "的制备方法", "制备方法", "的生产方法", "生产方法", "的方法", "及其应用", "及其制备方法", "的应用",
    "及方法", "方法", "装置及方法", "的研究", "研究", "技术", "工艺", "的制造方法", "制造方法",
    "关键技术", "产业化", "项目", "研发", "开发",
)  # fmt: skip
_LONGEST_NAME = 24


class Hit(NamedTuple):
    """A node named in a text: how (kind of hit), and the words."""

    node: int
    how: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTexts:
    """Texts of one record by the weight that they have.

    Attributes
    ----------
    products
        Single things that it makes.
    keywords
        Keywords or fields of expertise.
    titles
        A title, which ends with what it is about.
    names
        A name, which holds what its bearer does.
    """

    products: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def pieces_of(texts: RecordTexts) -> set[str]:
    """All pieces of a record's texts that could be a name.

    Examples
    --------
    >>> sorted(pieces_of(RecordTexts(products=("磁 材",))))
    [' ', ' 材', '材', '磁', '磁 ', '磁 材']
    """
    folded = (
        normalise(text) for text in (*texts.products, *texts.keywords, *texts.titles, *texts.names)
    )
    return {
        text[start:end]
        for text in folded
        for start in range(len(text))
        for end in range(start + 1, min(len(text), start + _LONGEST_NAME) + 1)
    }


class NodeNames:
    """Names of nodes, ready to be found in texts.

    Parameters
    ----------
    names
        Node number by name; further spellings point to the same number.
    least_length
        Shorter names are not looked for.

    Examples
    --------
    >>> names = NodeNames([("减速器", 0), ("谐波减速器", 1)])
    >>> [hit for hit in names.hits(RecordTexts(products=("谐波减速器壳体",)))]
    [Hit(node=1, how='product_part', words='谐波减速器壳体')]
    """

    def __init__(self, names: Iterable[tuple[str, int]], least_length: int = 2) -> None:
        self._node: dict[str, int] = {}
        for name, node in names:
            key = normalise(name)
            if least_length <= len(key) <= _LONGEST_NAME:
                self._node.setdefault(key, node)
        self._prefixes = {key[:length] for key in self._node for length in range(1, len(key) + 1)}
        self._segmenter = Segmenter()

    def __len__(self) -> int:
        return len(self._node)

    @property
    def nodes(self) -> Mapping[str, int]:
        """Number of the node by each spelling, folded, that is looked for."""
        return self._node

    def hits(self, texts: RecordTexts) -> Iterator[Hit]:
        """Every node that a record names, once for each way in which it does."""
        for text in texts.products:
            yield from self._item(text, "product")
        for text in texts.keywords:
            yield from self._item(text, "keyword")
        for text in texts.titles:
            key = normalise(text)
            ends = _ends(key)
            for start, end, node in self.found(key):
                yield Hit(node, "title_kind" if end in ends else "title", key[start:end])
        for text in texts.names:
            key = normalise(text)
            for start, end, node in self.found(key):
                yield Hit(node, "name", key[start:end])

    def _item(self, text: str, how: str) -> Iterator[Hit]:
        key = normalise(text)
        if key in self._node:
            yield Hit(self._node[key], how, text)
            # What the whole is a kind of is said by the chain's own links.
            return
        for _, end, node in self.found(key):
            yield Hit(node, f"{how}_kind" if end == len(key) else f"{how}_part", text)

    def within(self, name: str) -> Iterator[tuple[str, int]]:
        """Names within a longer one, without itself: ``kind`` where it ends with it, or ``part``.

        Examples
        --------
        >>> list(NodeNames([("减速器", 0), ("谐波减速器", 1)]).within("谐波减速器"))
        [('kind', 0)]
        """
        key = normalise(name)
        seen: set[tuple[int, int]] = set()
        for start, end in ((0, len(key) - 1), (1, len(key))):
            for first, last, node in self.found(key[start:end]):
                place = (first + start, last + start)
                if place not in seen:
                    seen.add(place)
                    yield ("kind" if place[1] == len(key) else "part"), node

    def found(self, text: str) -> list[tuple[int, int, int]]:
        """Names in a normalised text as start, end, node; none within a longer one."""
        kept: list[tuple[int, int, int]] = []
        reached = 0
        borders: frozenset[int] | None = None
        for start in range(len(text)):
            end = self._longest(text, start)
            if end > reached:
                if borders is None:
                    borders = self._borders_of(text)
                if start in borders and end in borders:
                    kept.append((start, end, self._node[text[start:end]]))
                    reached = end
        return kept

    def _longest(self, text: str, start: int) -> int:
        best, prefixes, nodes = 0, self._prefixes, self._node
        for end in range(start + 1, min(len(text), start + _LONGEST_NAME) + 1):
            piece = text[start:end]
            if piece not in prefixes:
                break
            if piece in nodes:
                best = end
        return best

    def _borders_of(self, text: str) -> frozenset[int]:
        """Places between words of a text."""
        ends = accumulate(map(len, self._segmenter.pieces(text)))
        return frozenset((0, len(text), *ends))


def _ends(title: str) -> frozenset[int]:
    """Places in a title where the name of what it is about may end."""
    ends = {len(title)}
    for tail in _TAILS:
        if title.endswith(tail):
            ends.add(len(title) - len(tail))
    ends.update(place for place, character in enumerate(title) if character in "的及和与、，,（(")
    return frozenset(ends)


def too_general(counts: Mapping[int, int], n_texts: int, most_share: float) -> set[int]:
    """Nodes whose names stand in so many texts that they say little."""
    return {node for node, count in counts.items() if count > max(50, most_share * n_texts)}
