"""Who refers to records that an undo would remove, so that nothing is left pointing at nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model, Q
from simple_history.models import registered_models

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.catalogue import KINDS
from silian.portal.exchange.models import Advice, Diagnosis, Match
from silian.portal.innovation.models import Contribution, Patent
from silian.portal.insight.models import ChainPlacement, TagNote
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import OrganisationName, Record, Region

# What goes with a record is no reference to it; of the last two only what somebody worked on is.
_OWN_PARTS = {
    (OrganisationName, "organisation"),
    (Patent.assignees.through, "patent"),
    (Match, "need"),
    (Diagnosis, "organisation"),
}
_WORDS = {
    "User": ("账号", "an account"),
    "ApiKey": ("接口密钥", "an API key"),
    "Match": ("已有结果的对接", "a match with outcomes"),
    "Diagnosis": ("跟进中或已签发的诊断", "a diagnosis in work"),
    "TagNote": ("画像意见", "words on a portrait"),
    "ChainPlacement": ("环节归属决定", "a decision on a chain node"),
    "Contribution": ("成果、专利或项目的参与人", "a work's contributors"),
    "Patent_assignees": ("专利的申请人", "a patent's assignees"),
}
Referrer = tuple[int, type[Model], Any]  # the record referred to, by what, and its key


@dataclass(slots=True)
class Leaving:
    """What won't refer to anything any more once the undo is made.

    Attributes
    ----------
    records
        Keys of the records that go, by kind.
    freed
        Columns of restored records that named something else before: (kind, column) to keys.
    contributors
        People that restored works had before, by kind and key.
    assignees
        Organisations that restored patents had before, by key.
    """

    records: dict[str, set[int]] = field(default_factory=dict)
    freed: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    contributors: dict[tuple[str, int], frozenset[int]] = field(default_factory=dict)
    assignees: dict[int, frozenset[int]] = field(default_factory=dict)

    def goes(self, kind: str, key: int) -> bool:
        """Whether a record is among those that go."""
        return key in self.records.get(kind, ())


def referred(kind: str, keys: Sequence[int], leaving: Leaving) -> dict[int, dict[str, str]]:
    """By key why a record has to stay: who refers to it beyond what leaves itself."""
    found: dict[int, tuple[type[Model], Any]] = {}
    for portion in portions(keys):
        for key, model, referrer in _standing_referrers(kind, portion, leaving):
            found.setdefault(key, (model, referrer))
    titles = _titles(found.values())
    return {key: _told(model, titles.get((model, one), "")) for key, (model, one) in found.items()}


def _standing_referrers(kind: str, keys: Sequence[int], leaving: Leaving) -> Iterator[Referrer]:
    model = KINDS[kind].model
    for referring, column in _columns_to(model):
        if referring is Contribution:
            yield from _contributions(keys, leaving)
        elif referring is Patent.assignees.through:
            for key, patent in _held_in(referring, column, keys, "patent_id"):
                stays = not leaving.goes("patent", patent)
                if stays and key in leaving.assignees.get(patent, {key}):
                    yield key, referring, patent
        else:
            its_kind = _kind(referring)
            freed = leaving.freed.get((its_kind, column), ())
            for key, referrer in _held_in(referring, column, keys):
                if not leaving.goes(its_kind, referrer) and referrer not in freed:
                    yield key, referring, referrer
    yield from _named_in_texts(kind, keys, leaving)


def _held_in(
    model: type[Model], column: str, keys: Sequence[int], further: str = ""
) -> list[tuple[Any, Any]]:
    """Rows that hold one of these keys in a column: the key, and the row's own or another value.

    Past the models: some forty columns are looked at, and preparing the keys for each cost ten
    times the question.
    """
    quote = connection.ops.quote_name
    names = {one.attname: one.column for one in model._meta.concrete_fields}
    own = model._meta.pk.column if not further else names[further]
    listed = ", ".join(str(int(key)) for key in keys)
    held = quote(names[column])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {held}, {quote(own)} FROM {quote(model._meta.db_table)} "
            f"WHERE {held} IN ({listed})"
        )
        return list(cursor.fetchall())


def _contributions(keys: Sequence[int], leaving: Leaving) -> Iterator[Referrer]:
    found = _held_in(Contribution, "person_id", keys, "subject_id")
    subjects = _keys_of({subject for _, subject in found})
    for person, subject in found:
        place = subjects.get(subject)
        if place is not None and leaving.goes(*place):
            continue
        if place is not None and person not in leaving.contributors.get(place, {person}):
            continue
        yield person, Contribution, subject


def _keys_of(public_ids: set[str]) -> dict[str, tuple[str, int]]:
    """Kind and key of records by public id."""
    by_kind: dict[str, list[str]] = {}
    for one in public_ids:
        by_kind.setdefault(KIND_BY_PREFIX.get(one.partition("-")[0], ""), []).append(one)
    found: dict[str, tuple[str, int]] = {}
    for kind, ids in by_kind.items():
        for portion in portions(ids) if kind in KINDS else ():
            rows = KINDS[kind].model._default_manager.filter(public_id__in=portion)
            found.update({one: (kind, key) for one, key in rows.values_list("public_id", "pk")})
    return found


def _named_in_texts(kind: str, keys: Sequence[int], leaving: Leaving) -> Iterator[Referrer]:
    model = KINDS[kind].model
    ids = dict(model._default_manager.filter(pk__in=keys).values_list("public_id", "pk"))
    if kind == "organisation":
        worked_on = Diagnosis.objects.filter(organisation__in=keys).exclude(
            state=Diagnosis.State.MADE
        )
        for key, pk in worked_on.values_list("organisation", "pk"):
            yield key, Diagnosis, pk
    acted_on = Match.objects.exclude(outcomes=None)
    if kind == "need":
        for key, pk in acted_on.filter(need__in=keys).values_list("need", "public_id"):
            yield key, Match, pk
    for one, pk in acted_on.filter(supply_id__in=ids).values_list("supply_id", "public_id"):
        yield ids[one], Match, pk
    for noting, column in (
        (TagNote, "subject_id"),
        (ChainPlacement, "subject_id"),
        (Advice, "target_id"),
    ):
        rows = noting._default_manager.filter(**{f"{column}__in": ids})
        for one, pk in rows.values_list(column, "pk"):
            yield ids[one], noting, pk
    if kind == "region":
        codes = dict(Region.objects.filter(pk__in=keys).values_list("adcode", "pk"))
        below = Region.objects.filter(parent_adcode__in=codes).values_list("parent_adcode", "pk")
        for code, pk in below:
            if not leaving.goes("region", pk):
                yield codes[code], Region, pk


@cache
def _columns_to(model: type[Record]) -> tuple[tuple[type[Model], str], ...]:
    """Columns of all tables that hold keys of a model's records, history aside."""
    histories = {one.history.model for one in registered_models.values() if hasattr(one, "history")}
    return tuple(
        (referring, column.attname)
        for referring in apps.get_models(include_auto_created=True)
        if referring not in histories
        for column in referring._meta.concrete_fields
        if column.is_relation
        and column.related_model is model
        and (referring, column.name) not in _OWN_PARTS
    )


def _kind(model: type[Model]) -> str:
    return model.kind if issubclass(model, Record) else ""


def _titles(referrers: Iterable[tuple[type[Model], Any]]) -> dict[tuple[type[Model], Any], str]:
    by_model: dict[type[Model], list[Any]] = {}
    for model, key in referrers:
        if (entry := KINDS.get(_kind(model))) and entry.title_field:
            by_model.setdefault(model, []).append(key)
    titles: dict[tuple[type[Model], Any], str] = {}
    for model, keys in by_model.items():
        column = KINDS[_kind(model)].title_field
        for portion in portions(keys):
            rows = model._default_manager.filter(pk__in=portion).values_list("pk", column)
            titles.update({(model, key): title for key, title in rows})
    return titles


def _told(model: type[Model], title: str) -> dict[str, str]:
    if (entry := KINDS.get(_kind(model))) is not None:
        zh, en = entry.label_zh, f"a record of kind {entry.label_en.lower()}"
        if title:
            zh, en = f"{zh}“{title[:80]}”", f"{entry.label_en.lower()} {title[:80]!r}"
    else:
        name = str(model._meta.verbose_name)
        zh, en = _WORDS.get(model.__name__, (name, name))
    return {
        "code": "referred_to",
        "message_zh": f"仍被{zh}引用，保留。",
        "message_en": f"{en} refers to it; kept.",
    }


def forget_derived(kind: str, keys: Sequence[int], ids: Sequence[str]) -> None:
    """Remove what hangs on records that are about to go: parts, and what is computed of them."""
    if kind == "organisation":
        OrganisationName.objects.filter(organisation__in=keys).delete()
        Diagnosis.objects.filter(organisation__in=keys, state=Diagnosis.State.MADE).delete()
    elif kind == "patent":
        Patent.assignees.through.objects.filter(patent__in=keys).delete()
    parts = Contribution.objects.filter(subject_id__in=ids)
    parts._raw_delete(parts.db)
    computed = Q(supply_id__in=ids) | (Q(need__in=keys) if kind == "need" else Q(pk=None))
    Match.objects.filter(computed, outcomes=None).delete()
