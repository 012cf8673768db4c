"""Outcomes that were recorded before, or elsewhere: kept as they were, with their own days.

``record_outcome`` is for what happens now. What comes from a file was decided without the
engine's answer, so its matches hold none, and it names nobody of this installation.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from silian.errors import EngineError
from silian.identifiers import kind_of, public_id
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.exchange.domain.projections import PROJECTIONS, SUPPLY_KINDS
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.registry.domain.references import portions

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

#: What a match of loaded outcomes has for reasons.
WITHOUT_ANSWER = {"unavailable": "recorded_earlier"}
_ACTIONS = (Outcome.Action.CONTACTED, Outcome.Action.UNSUITABLE, Outcome.Action.SIGNED)
_BATCH = 1_000

Row = Mapping[str, Any]


class OutcomesUnreadable(EngineError, ValueError):
    """A file of earlier outcomes that can't be used."""

    code = "outcomes_unreadable"


def load_earlier_outcomes(path: Path, register_code: str, viewer: "Viewer") -> int:
    """Keep outcomes of a register's needs and supplies, in the place of those loaded before.

    Pairs about which somebody here recorded something stay as they are. The status of needs
    comes with their own rows.

    Parameters
    ----------
    path
        JSON Lines with ``need_key``, ``supply_kind``, ``supply_key``, ``action``, ``reason``,
        ``amount_cny`` and ``recorded_on`` (a day), in the order in which they happened.
    register_code
        Register that the keys belong to.

    Returns
    -------
    int
        How many outcomes were kept.

    Raises
    ------
    AccessDenied
        If the viewer may not import.
    OutcomesUnreadable
        If a row is none, or speaks of a need or supply that is not kept.
    """
    from silian.portal.accounts.domain.access import require

    require(viewer, "import.run")
    pairs: dict[tuple[str, str], list[Row]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        pair, row = _read(line, register_code, f"{path.name}, line {number}")
        pairs.setdefault(pair, []).append(row)
    _check_kept(pairs, path.name)
    with transaction.atomic():
        former = Match.objects.filter(
            need__register__code=register_code, explanation=WITHOUT_ANSWER
        ).exclude(outcomes__actor__isnull=False)
        touched = set(former.values_list("supply_id", flat=True))
        former.delete()
        n_kept = _keep(pairs)
        enqueue(touched | {supply_id for _, supply_id in pairs})
        audit.log("match.load", viewer, register_code, outcome_count=n_kept)
    return n_kept


def _read(line: str, register_code: str, place: str) -> tuple[tuple[str, str], Row]:
    try:
        row = json.loads(line)
        kind, action = row["supply_kind"], row["action"]
        if kind not in SUPPLY_KINDS or action not in _ACTIONS:
            raise ValueError(f"kind of supply {kind!r}, action {action!r}")
        amount = row.get("amount_cny")
        if (amount is None) == (action == Outcome.Action.SIGNED):
            raise ValueError(f"amount_cny {amount!r} with action {action!r}")
        need_id = public_id("need", register_code, row["need_key"])
        supply_id = public_id(kind, register_code, row["supply_key"])
        day = datetime.fromisoformat(row["recorded_on"]).date()
        moment = timezone.make_aware(datetime.combine(day, time(12)))
    except (ValueError, KeyError, TypeError) as error:
        raise OutcomesUnreadable(
            f"{place}: {error}. Expected need_key, supply_kind ({', '.join(SUPPLY_KINDS)}), "
            f"supply_key, action ({', '.join(_ACTIONS)}), recorded_on as YYYY-MM-DD, and "
            "amount_cny with a signed contract alone."
        ) from error
    return (need_id, supply_id), {**row, "moment": moment}


def _check_kept(pairs: Iterable[tuple[str, str]], place: str) -> None:
    ids_by_kind: dict[str, set[str]] = {}
    for one in chain.from_iterable(pairs):
        ids_by_kind.setdefault(kind_of(one), set()).add(one)
    for kind, ids in ids_by_kind.items():
        model = Need if kind == "need" else PROJECTIONS[kind].model
        lacking = set(ids)
        for portion in portions(sorted(ids)):
            found = model._default_manager.filter(public_id__in=portion)
            lacking.difference_update(found.values_list("public_id", flat=True))
        if lacking:
            raise OutcomesUnreadable(
                f"{place} speaks of {len(lacking)} records that are not kept, such as "
                f"{min(lacking)}. Load the needs and supplies of the register first."
            )


def _keep(pairs: Mapping[tuple[str, str], Sequence[Row]]) -> int:
    """Store matches and outcomes; the moments that Django sets by itself are put right after."""
    need_keys = dict(Need.objects.values_list("public_id", "pk"))
    held = set(Match.objects.values_list("need__public_id", "supply_id"))
    fresh = {pair: rows for pair, rows in pairs.items() if pair not in held}
    matches = [
        Match(
            public_id=public_id("need", *pair).replace("need-", "match-", 1),
            need_id=need_keys[pair[0]],
            supply_kind=rows[0]["supply_kind"],
            supply_id=pair[1],
            status=rows[-1]["action"],
            explanation=WITHOUT_ANSWER,
        )
        for pair, rows in fresh.items()
    ]
    made = bulk_create_with_history(matches, Match, batch_size=_BATCH)
    moments = (row["moment"] for rows in fresh.values() for row in rows)
    outcomes = Outcome.objects.bulk_create(
        [
            Outcome(
                match=match,
                action=row["action"],
                reason=row.get("reason") or "",
                amount_cny=None if row.get("amount_cny") is None else Decimal(row["amount_cny"]),
            )
            for match, rows in zip(made, fresh.values(), strict=True)
            for row in rows
        ],
        batch_size=_BATCH,
    )
    for outcome, moment in zip(outcomes, moments, strict=True):
        outcome.created_at = moment
    Outcome.objects.bulk_update(outcomes, ["created_at"], batch_size=_BATCH)
    return len(outcomes)
