"""The ranker learns from what people recorded, and only a model that is no worse ranks."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from silian.engines.matching.errors import TrainingDataInsufficient
from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain import outbox, training
from silian.portal.exchange.domain.index import open_current_ranker, open_matcher
from silian.portal.exchange.domain.labelled import (
    LabelFile,
    LabelsUnreadable,
    levels_of_file,
    levels_of_outcomes,
)
from silian.portal.exchange.domain.outcomes import record_outcome, withdraw
from silian.portal.exchange.domain.rankers import current_ranker_name, models_folder
from silian.portal.exchange.models import Outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement

MATERIALS = ("永磁材料", "石墨烯薄膜", "碳化硅衬底", "液晶面板", "锂电隔膜", "钛合金铸件")
PROBLEMS = ("耐高温性能不足", "批量一致性差")


@pytest.fixture
def judged(
    make_need: Callable[..., Need], make_achievement: Callable[..., Achievement]
) -> list[Outcome]:
    """Twelve needs; to each somebody found one supply suitable and another not."""
    pairs = [(m, p) for m in MATERIALS for p in PROBLEMS]
    works = {pair: make_achievement(f"A{pair}", title="解决".join(pair)) for pair in pairs}
    needs = {pair: make_need(f"N{pair}", title="".join(pair), text="") for pair in pairs}
    outbox.drain()
    open_matcher().embed_pending()
    outcomes = []
    for number, pair in enumerate(pairs):
        other = pairs[(number + 5) % len(pairs)]
        for work, action, reason in (
            (works[pair], "contacted", ""),
            (works[other], "unsuitable", "不是一回事"),
        ):
            outcomes.append(
                record_outcome(
                    need=needs[pair],
                    supply_id=work.public_id,
                    action=action,
                    viewer=SYSTEM,
                    reason=reason,
                )
            )
    return outcomes


def test_levels_follow_the_last_standing_outcome(judged: list[Outcome]) -> None:
    match = judged[0].match
    refused = record_outcome(
        need=match.need,
        supply_id=match.supply_id,
        action="unsuitable",
        viewer=SYSTEM,
        reason="试过了",
    )
    assert levels_of_outcomes()[match.need.public_id][match.supply_id] == 1

    withdraw(refused, SYSTEM)
    assert levels_of_outcomes()[match.need.public_id][match.supply_id] == 3

    withdraw(judged[0], SYSTEM)
    assert match.supply_id not in levels_of_outcomes()[match.need.public_id]


def test_training_puts_a_better_model_in_place_and_says_so(judged: list[Outcome]) -> None:
    former = open_current_ranker().version

    run = training.train(viewer=SYSTEM, seed=1)

    assert run.sources == {"outcomes": 24}
    assert (run.report.question_count, run.report.pair_count) == (12, 24)
    assert run.put_in_place
    assert open_current_ranker().version == run.report.ranker.version != former
    kept = json.loads((models_folder() / run.name / "report.json").read_text("utf-8"))
    assert (kept["former"], kept["accepted"]) == (former, True)
    entry = AuditEntry.objects.get(action="ranker.train")
    assert (entry.subject, entry.details["version"]) == (run.name, run.report.ranker.version)


def test_a_worse_model_is_kept_but_does_not_rank(
    judged: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = training.train(viewer=SYSTEM)
    worse = replace(first.report, accepted=False, reason="Refused.")

    run = training._keep(worse, {}, SYSTEM, former=first.report.ranker.version)

    assert not run.put_in_place
    assert (models_folder() / run.name / "model.npz").exists()
    assert current_ranker_name() == first.name


def test_rolling_back_goes_through_former_models_to_the_shipped_one(
    judged: list[Outcome],
) -> None:
    shipped = open_current_ranker().version
    first = training.train(viewer=SYSTEM, seed=1)
    training._keep(first.report, {}, SYSTEM, former="")

    assert training.rollback(SYSTEM) == first.report.ranker.version
    assert current_ranker_name() == first.name
    assert training.rollback(SYSTEM) == shipped
    with pytest.raises(training.NoFormerModel):
        training.rollback(SYSTEM)
    assert AuditEntry.objects.filter(action="ranker.rollback").count() == 2


def test_too_little_to_learn_from_is_refused(city: Any) -> None:
    outbox.drain()

    with pytest.raises(TrainingDataInsufficient):
        training.train(viewer=SYSTEM)


def test_only_the_operator_trains(viewers: dict[str, Viewer]) -> None:
    for role in ("enterprise", "research", "viewer"):
        with pytest.raises(AccessDenied):
            training.train(viewer=viewers[role])
        with pytest.raises(AccessDenied):
            training.rollback(viewers[role])


def test_labels_of_loaded_records_are_learned_from(judged: list[Outcome], tmp_path: Path) -> None:
    need, work = Need.objects.earliest("pk"), Achievement.objects.latest("pk")
    file = tmp_path / "pairs.csv"
    rows = f'rid,aid,level\n"{need.source_key}","{work.source_key}",2\n'
    file.write_text(rows, "utf-8-sig")
    labels = LabelFile(
        path=file,
        need_register="test-register",
        supply_register="test-register",
        need_column="rid",
        supply_column="aid",
        supply_kind="achievement",
    )

    assert levels_of_file(labels) == {need.public_id: {work.public_id: 2}}
    run = training.train(viewer=SYSTEM, label_files=[labels])
    assert run.sources == {"pairs.csv": 1, "outcomes": 24}
    assert run.report.pair_count == 25


@pytest.mark.parametrize(
    "text",
    [
        "need_key,supply_key\nN,S\n",
        "need_key,supply_key,level\nN,S,5\n",
        "need_key,supply_key,level\nN,S,23\n",
        "a,b,level\nN,S,1\n",
    ],
)
def test_unreadable_labels_are_refused_with_the_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(text, "utf-8")
    labels = LabelFile(path=file, need_register="r", supply_register="r", supply_kind="achievement")

    with pytest.raises(LabelsUnreadable, match="line 2"):
        levels_of_file(labels)


@pytest.mark.slow
def test_a_sample_city_teaches_without_being_loaded(db: None) -> None:
    run = training.train(viewer=SYSTEM, outcomes=False, sample_size="0.05", seed=3)

    assert run.report.after.ndcg_at_10 > run.report.before.ndcg_at_10
    assert run.report.question_count >= 10
    assert not Need.objects.exists()
    assert not list(models_folder().parent.glob("training-*"))
