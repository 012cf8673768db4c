"""Any substring that people type is found in the lists' texts without reading them all.

Chinese has no spaces, and two characters make a word; so texts are indexed by all pairs of
characters that stand side by side, each a word of the database's own text index (FTS5 of SQLite, a
``tsvector`` of PostgreSQL). Pairs say which texts may hold a longer term, and the text decides.

Entries are indexed soon after they are written, by the process that wrote them or by the worker;
until then their texts are read. So answers are the same at any time.
"""

from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from silian.portal.exchange.models import ListEntry

ENTRIES = ListEntry._meta.db_table
#: SQLite's index: a row of it has the id of its entry, and is left behind with the entry.
WORDS = "exchange_listwords"

_AT_ONCE = 4_000
# More unindexed texts with the words than this are not named: then all texts are read.
_MOST_UNINDEXED = 1_000
# Signs at which SQLite would cut a word, as private characters at which it doesn't.
_UNCUT = {
    code: chr(0xF0000 + code)
    for code in range(128)
    if not chr(code).isalnum() and not chr(code).isspace()
}


def pairs_of(text: str) -> set[str]:
    """Pairs of neighbouring characters of a text in lower case, as the index has them.

    A character before a space or the end stands alone, so that every character begins one.

    Examples
    --------
    >>> sorted(pairs_of("电池组 x"))
    ['x', '池组', '电池', '组']
    """
    found: set[str] = set()
    for run in text.translate(_UNCUT).split():
        found.update(map(str.__add__, run, run[1:]))
        found.add(run[-1])
    return found


def holding(terms: Iterable[str]) -> Q:
    """Entries whose text holds all the terms."""
    lowered = sorted({term.lower() for term in terms})
    if not lowered:
        return Q()
    unindexed = ListEntry.objects.filter(reading(lowered), words_indexed=False).order_by()
    known = list(unindexed.values_list("pk", flat=True)[: _MOST_UNINDEXED + 1])
    if len(known) > _MOST_UNINDEXED:
        return reading(lowered)
    # No word of a reader is part of the statement, only of its parameter.
    found = Q(pk__in=RawSQL(*_lookup(lowered)))  # noqa: S611
    for term in lowered:
        if len(term) > 2 or not term.isalnum():
            found &= Q(text__contains=term)
    return found | Q(pk__in=known) if known else found


def reading(terms: Iterable[str]) -> Q:
    """The same without the index: quicker where few entries are in question."""
    condition = Q()
    for term in terms:
        condition &= Q(text__contains=term.lower())
    return condition


def index_words(limit: int | None = None) -> int:
    """Index texts that are not yet; returns how many. Any number of processes may at once."""
    n_done = 0
    while limit is None or n_done < limit:
        if not ListEntry.objects.filter(words_indexed=False).exists():
            break  # looked up before a transaction begins, which takes SQLite's write lock
        with transaction.atomic():
            entries = ListEntry.objects.filter(words_indexed=False).order_by("pk")
            entries = entries.select_for_update(skip_locked=True)
            rows = list(entries.values_list("pk", "text")[:_AT_ONCE])
            _write(rows)
            ListEntry.objects.filter(pk__in=[key for key, _ in rows]).update(words_indexed=True)
        n_done += len(rows)
        if not rows:
            break
    return n_done


def forget_words() -> None:
    """Empty SQLite's index, and with it what entries that are gone left behind."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {WORDS} ({WORDS}) VALUES ('delete-all')")


def _write(rows: Sequence[tuple[int, str]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                f"INSERT INTO {WORDS} (rowid, pairs) VALUES (%s, %s)",
                [(key, " ".join(pairs_of(text))) for key, text in rows],
            )
        else:
            cursor.executemany(
                f"UPDATE {ENTRIES} SET pairs = array_to_tsvector(%s::text[]) WHERE id = %s",
                [(list(pairs_of(text)), key) for key, text in rows],
            )


def _lookup(terms: Sequence[str]) -> tuple[str, list[str]]:
    sqlite = connection.vendor == "sqlite"
    words: set[str] = set()
    for term in terms:
        plain = term.translate(_UNCUT)
        pairs = list(map(str.__add__, plain, plain[1:]))
        words.update(f'"{pair}"' if sqlite else f"'{pair}'" for pair in pairs)
        if not pairs:  # a single character, whatever follows it
            words.add(f'"{plain}" *' if sqlite else f"'{plain}':*")
    if sqlite:
        asked = " AND ".join(sorted(words))
        return f"SELECT rowid FROM {WORDS} WHERE {WORDS} MATCH %s", [asked]
    return f"SELECT id FROM {ENTRIES} WHERE pairs @@ %s::tsquery", [" & ".join(sorted(words))]
