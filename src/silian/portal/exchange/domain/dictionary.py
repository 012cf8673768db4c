"""The words of this region: the segmenter's dictionary, grown from the registers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from silian.language import Segmenter
from silian.portal.exchange.domain.projections import PROJECTIONS
from silian.portal.registry.models import OrganisationName

_MOST_TERMS = 200_000
# A term of this length is also read by its parts, so it can only help; see Segmenter.
_LONG_ENOUGH = 5


def grown_segmenter() -> Segmenter:
    """A segmenter that knows the organisations, keywords, products and techniques on record.

    Names of organisations always count. A keyword counts if two records use it, and if it is
    long (then its parts are read too) or new to the basic dictionary, which cuts it into single
    characters: a short compound of known words (永磁 + 材料) is better found by its parts.
    """
    names = OrganisationName.objects.exclude(name_kind=OrganisationName.NameKind.ENGLISH)
    terms = list(names.values_list("name", flat=True).iterator(chunk_size=5_000))
    counts = Counter(_keywords())
    basic = Segmenter()
    shared = (term for term, count in counts.most_common() if count > 1)
    terms += [term for term in shared if _worth_keeping(term, basic)]
    return Segmenter(terms[:_MOST_TERMS])


def _keywords() -> Iterator[str]:
    for projection in PROJECTIONS.values():
        for column in projection.keywords:
            if column == "ipc_codes":
                continue
            lists = projection.model._default_manager.values_list(column, flat=True)
            filled: Iterable[list[object]] = lists.exclude(**{column: []}).iterator(5_000)
            yield from (str(term) for term in chain.from_iterable(filled))


def _worth_keeping(term: str, basic: Segmenter) -> bool:
    if len(term) >= _LONG_ENOUGH:
        return True
    return any(len(word) == 1 for word in basic.words(term))
