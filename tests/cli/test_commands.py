"""Each command: what it prints, what it refuses, and its exit code."""

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from silian import __version__
from silian.cli.application import app
from silian.language import Segmenter
from silian.portal.accounts.models import User
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.index import forget_opened, open_matcher
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import ImportJob, RegisterMapping

Silian = Callable[..., Any]
COMMANDS = [command.name for command in app.registered_commands]


def test_the_entry_point_is_declared() -> None:
    path = Path(__file__).resolve().parents[2] / "pyproject.toml"
    scripts = tomllib.loads(path.read_text("utf-8"))["project"]["scripts"]
    assert scripts == {"silian": "silian.cli:main"}


def test_help_lists_every_command_in_both_languages(silian: Silian) -> None:
    answer = silian("--help")

    assert answer.code == 0
    assert COMMANDS == [
        "init", "sample", "serve", "load", "regions", "template", "export", "match", "clarity", "train",
        "policies", "facts", "entitle", "gap", "score", "diagnose", "whatif",
        "resolve", "portrait", "chain", "map", "path", "build", "check", "status", "work", "backup", "restore",
    ]  # fmt: skip
    for command in COMMANDS:
        assert f"│ {command} " in answer.out
    assert "四链" in answer.out
    assert "innovation" in answer.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help_is_chinese_first_with_english_beside(
    command: str, silian: Silian
) -> None:
    answer = silian(command, "--help")

    first = next(line for line in answer.out.splitlines() if line.strip() and "Usage" not in line)
    assert answer.code == 0
    assert "\u4e00" <= first.strip()[0] <= "\u9fff"
    assert any("a" <= letter <= "z" for letter in answer.out)


def test_version(silian: Silian) -> None:
    assert silian("--version").out.strip() == f"silian {__version__}"


def test_init_makes_an_operator_once(db: None, silian: Silian) -> None:
    first = silian("init", "--username", "boss", "--password", "a-long-Passphrase-7")
    second = silian("init")

    assert (first.code, second.code) == (0, 0)
    assert User.objects.get().role == "operator"


def test_init_says_what_to_do_where_nobody_can_be_asked(db: None, silian: Silian) -> None:
    answer = silian("init")

    assert answer.code == 2
    assert "--without-operator" in answer.err
    assert silian("init", "--without-operator").code == 0


def test_init_refuses_a_weak_password_with_a_message(db: None, silian: Silian) -> None:
    answer = silian("init", "--username", "boss", "--password", "12345")

    assert answer.code == 1
    assert "密码" in answer.err
    assert "Traceback" not in answer.err


def test_match_ranks_and_explains(need: Need, silian: Silian) -> None:
    outbox.drain()
    open_matcher().embed_pending()

    answer = silian("match", "--text", "需要耐高温永磁材料", "--limit", "2")

    assert answer.code == 0
    assert "耐高温永磁材料第" in answer.out
    assert "科技成果 · 东海大学" in answer.out
    assert "█" in answer.out
    assert "永磁" in answer.out
    assert max(cell_len(line) for line in answer.out.splitlines()) <= 100


def test_match_answers_programs_in_json(need: Need, silian: Silian) -> None:
    outbox.drain()

    result = silian("match", "--need", need.public_id, "--json").json()["all"]

    assert [hit["rank"] for hit in result["hits"]] == [1, 2, 3]
    assert {hit["kind"] for hit in result["hits"]} == {"achievement"}
    first = result["hits"][0]
    assert {"level", "score", "title", "contributions", "matched_terms", "checks"} <= set(first)
    assert result["meaning_pending_count"] > 0


def test_match_can_show_one_table_a_kind(need: Need, silian: Silian) -> None:
    outbox.drain()

    values = silian("match", "--need", need.public_id, "--by-kind", "--json").json()
    narrowed = silian("match", "--text", "永磁", "--by-kind", "-k", "person", "--json").json()

    assert len(values) == 8
    assert len(values["achievement"]["hits"]) == 3
    assert set(narrowed) == {"person"}


def test_why_not_names_the_reason(need: Need, silian: Silian) -> None:
    outbox.drain()
    last = Achievement.objects.get(source_key="A2").public_id

    values = silian(
        "match", "--need", need.public_id, "--why-not", last, "--limit", "1", "--json"
    ).json()
    told = silian("match", "--need", need.public_id, "--why-not", last, "--limit", "1")

    assert values["reason"] in {"ranked_below", "present"}
    assert last in told.err


def test_why_not_asks_as_match_was_asked(need: Need, silian: Silian) -> None:
    outbox.drain()
    last = Achievement.objects.get(source_key="A2").public_id

    def failed(*narrowed: str) -> list[str]:
        arguments = ("match", "--need", need.public_id, "--why-not", last, *narrowed, "--json")
        values = silian(*arguments).json()
        assert (values["reason"] == "constraint") == bool(narrowed)
        return [check["constraint"] for check in values["checks"] if check["outcome"] == "failed"]

    assert failed() == []
    assert failed("--kind", "person") == ["kind"]
    assert failed("--region", "甘肃") == failed("--region", "62") == ["region"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["match"], "--text"),
        (["match", "--text", "x", "--need", "y"], "--text"),
        (["match", "--text", "x", "--kind", "ship"], "achievement"),
        (["match", "--text", "x", "--region", "99999999"], "没有地区“99999999”"),
        (["match", "--text", "x", "--region", "鼓楼区"], "福建省福州市鼓楼区"),
        (["match", "--text", "x", "--why-not", "ach-x"], "--need"),
        (["load"], "--kind"),
        (["load", "absent.csv"], "absent.csv"),
        (["template", "ship"], "achievement"),
        (["export", "ship"], "achievement"),
        (["sample"], "--out"),
        (["sample", "--size", "huge", "--out", "x"], "medium"),
        (["train", "--pairs", "absent.csv"], "absent.csv"),
        (["clarity"], "--text"),
    ],
)
def test_wrong_questions_are_answered_with_what_is_allowed(
    arguments: list[str], told: str, db: None, silian: Silian, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    answer = silian(*arguments)

    assert answer.code == 2
    assert told in answer.err
    assert "Traceback" not in answer.err


def test_an_unknown_need_is_a_message(db: None, silian: Silian) -> None:
    answer = silian("match", "--need", "need-aaaaaaaaaaaaaaaa")

    assert answer.code == 1
    assert "need-aaaaaaaaaaaaaaaa" in answer.err


def test_template_export_and_load_fit_together(need: Need, silian: Silian, tmp_path: Path) -> None:
    book, file = tmp_path / "t.xlsx", tmp_path / "achievement.jsonl"

    assert silian("template", "achievement", "-o", book).code == 0
    assert silian("export", "achievement", "-f", "jsonl", "-o", file).code == 0
    assert book.stat().st_size > 2_000
    assert len(file.read_text("utf-8").splitlines()) == 3

    [job] = silian("load", file, "--register", "elsewhere", "--json").json()
    assert (job["state"], job["accepted_count"], job["rejected_count"]) == ("done", 3, 0)
    assert open_matcher().statistics().counts_by_kind["achievement"] == 6


def test_a_dry_run_writes_nothing(need: Need, silian: Silian, tmp_path: Path) -> None:
    file = tmp_path / "needs.csv"
    file.write_text("source_key,title,text\n1,新需求,内容\n2,,无标题\n", "utf-8")

    [job] = silian("load", file, "--kind", "need", "--dry-run", "--json").json()

    assert (job["accepted_count"], job["rejected_count"]) == (1, 1)
    assert Need.objects.count() == 1


MAPPING = """code: city-needs
name: 城市需求
records:
  - {kind: need, key: 编号, fields: {title: 名称, text: 名称}}
"""


def test_a_mapping_file_is_only_lent_to_a_dry_run_and_kept_and_audited_by_a_load(
    db: None, silian: Silian, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "needs.csv", tmp_path / "mine.yaml"
    file.write_text("编号,名称\n1,新需求\n", "utf-8")
    mapping.write_text(MAPPING, "utf-8")

    [tried] = silian("load", file, "--mapping", mapping, "--dry-run", "--json").json()
    assert (tried["state"], tried["mapping"], tried["accepted_count"]) == ("done", "city-needs", 1)
    assert (RegisterMapping.objects.count(), Need.objects.count()) == (0, 0)

    [loaded] = silian("load", file, "--mapping", mapping, "--json").json()
    assert (loaded["state"], RegisterMapping.objects.get().code) == ("done", "city-needs")
    assert AuditEntry.objects.filter(action="mapping.save", subject="city-needs").count() == 1


def test_refused_rows_are_shown_with_their_reasons(
    db: None, silian: Silian, tmp_path: Path
) -> None:
    file = tmp_path / "needs.csv"
    file.write_text("source_key,title,text\n2,,无标题\n", "utf-8")

    answer = silian("load", file, "--kind", "need")

    assert answer.code == 1  # nothing of it came in
    assert "第 2 行" in answer.err
    assert ImportJob.objects.get().rejected_count == 1

    file.write_text("source_key,title,text,手机\n1,新需求,内容,138\n2,,无标题,\n", "utf-8")
    answer = silian("load", file, "--kind", "need", "--json")
    assert (answer.code, answer.json()[0]["unread_columns"]) == (0, ["手机"])


def test_a_list_under_the_keys_of_another_is_refused_unless_it_replaces_it(
    db: None, silian: Silian, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("source_key,title,text\n1,耐高温永磁材料,内容\n", "utf-8")
    assert silian("load", file, "--kind", "need").code == 0
    file.write_text("source_key,title,text\n1,冷链仓储算法,内容\n", "utf-8")

    answer = silian("load", file, "--kind", "need")

    assert (answer.code, Need.objects.get().title) == (1, "耐高温永磁材料")
    assert "--register" in answer.err
    assert silian("load", file, "--kind", "need", "--replace").code == 0
    assert Need.objects.get().title == "冷链仓储算法"


def test_an_unreadable_file_is_a_message(db: None, silian: Silian, tmp_path: Path) -> None:
    file = tmp_path / "needs.xls"
    file.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(100))

    answer = silian("load", file, "--kind", "need")

    assert answer.code == 1
    assert "xls" in answer.err
    assert "Traceback" not in answer.err


def test_check_exits_with_one_until_repaired(need: Need, silian: Silian) -> None:
    assert silian("build", "--words-only").code == 0
    Achievement.objects.filter(source_key="A0").update(title="悄悄改名")

    found = silian("check", "--json")
    repaired = silian("check", "--repair")

    assert found.code == 1
    assert len(found.json()["stale_ids"]) == 1
    assert repaired.code == 0
    assert silian("check").code == 0


def test_a_damaged_index_is_one_message_until_a_repair(
    need: Need, silian: Silian, home: Path
) -> None:
    assert silian("build", "--words-only").code == 0
    forget_opened()
    for file in (home / "index").glob("*/tables/documents.lance/data/*.lance"):
        file.write_bytes(file.read_bytes()[:100])

    for command in (("match", "--text", "永磁"), ("check",)):
        answer = silian(*command)
        assert answer.code == 1
        assert "silian check --repair" in answer.err
        assert "Traceback" not in answer.err
    repaired = silian("check", "--repair")

    assert repaired.code == 0
    assert "已从记录重建" in repaired.out + repaired.err
    assert silian("check").code == 0


def _one_row(folder: Path) -> Path:
    file = folder / "one.csv"
    file.write_text("需求名称,需求内容\n低温余热发电,利用 90 ℃ 的废水发电。\n", "utf-8")
    return file


def test_a_text_that_cannot_be_read_is_named_and_the_rest_is_found(
    need: Need, silian: Silian, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read = Segmenter.words_many

    def read_or_fall(self: Segmenter, texts: Iterable[str]) -> list[list[str]]:
        texts = list(texts)
        if any("第1代" in text for text in texts):
            raise RecursionError("maximum recursion depth exceeded")
        return read(self, texts)

    monkeypatch.setattr(Segmenter, "words_many", read_or_fall)
    bad = Achievement.objects.get(source_key="A1").public_id

    built = silian("build", "--words-only")
    repaired = silian("check", "--repair")

    assert built.code == 0
    assert f"{bad}: RecursionError" in built.out + built.err
    assert repaired.code == 1
    assert "修复后仍有 1 条不符" in repaired.out + repaired.err
    assert silian("check", "--repair", "--json").json()["left_ids"] == [bad]
    outbox.enqueue([bad])
    assert f"{bad}: RecursionError" in silian("load", _one_row(tmp_path), "--kind", "need").err
    monkeypatch.setattr(Segmenter, "words_many", read)
    assert silian("check", "--repair").code == 0
    assert silian("check").code == 0


def test_build_embeds_and_status_tells(need: Need, silian: Silian) -> None:
    assert silian("build").code == 0

    values = silian("status", "--json").json()

    assert values["records"]["achievement"] == 3
    assert values["index"]["document_count"] == 6
    assert values["index"]["meaning_pending_count"] == 0
    assert values["outbox"] == {"waiting_count": 0, "failed_count": 0, "oldest_seconds": None}
    assert "科技成果" in silian("status").out


def test_work_once_does_what_waits_and_leaves(need: Need, silian: Silian) -> None:
    assert silian("work", "--once").code == 0

    statistics = open_matcher().statistics()
    assert (statistics.document_count, statistics.pending_vectors) == (6, 0)


def test_sample_writes_the_same_city_twice(silian: Silian, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert silian("sample", "--size", "0.05", "--seed", "3", "-o", tmp_path / name).code == 0

    here, there = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "ab"
    )
    assert here == there
    assert {"need.jsonl", "relevance.csv", "manifest.json"} <= set(here)


@pytest.mark.django_db(transaction=True)
def test_a_missing_database_is_a_message(silian: Silian, monkeypatch: Any) -> None:
    from django.db.utils import OperationalError

    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("no such table: registry_register")

    monkeypatch.setattr("silian.cli.diagnosing._values", refuse)
    answer = silian("status")

    assert answer.code == 1
    assert "silian init" in answer.err


def test_matching_where_nothing_is_on_offer_says_what_to_do(db: None, silian: Silian) -> None:
    answer = silian("match", "--text", "需要耐高温永磁材料")
    assert answer.code == 0
    assert "silian load" in answer.out + answer.err
    assert "silian sample --load" in answer.out + answer.err


def test_a_text_longer_than_a_need_is_refused_with_its_length(db: None, silian: Silian) -> None:
    answer = silian("match", "--text", "永" * 20_001)
    assert answer.code == 2
    assert "20,001" in answer.err
    assert "20,000" in answer.err
