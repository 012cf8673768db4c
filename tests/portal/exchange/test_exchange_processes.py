"""Several real processes over one installation: in time, at once, and killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from made_once import migrated_home

SETUP = """
import json, os, sys, time, django
django.setup()
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain import consistency, outbox
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.service import search
from silian.portal.exchange.models import IndexTask
from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import Register
register, _ = Register.objects.get_or_create(code="r", defaults={"name": "r"})
def save(key, title):
    return Achievement.objects.create(register=register, source_key=key, title=title)
"""

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with empty tables, to be copied: making them takes longest."""
    return migrated_home(tmp_path_factory)


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "SILIAN_DATABASE_URL"}
    return {
        **kept,
        "SILIAN_HOME": str(home),
        "SILIAN_EMBEDDER": "none",
        "DJANGO_SETTINGS_MODULE": "silian.portal.settings",
    }


@pytest.fixture
def run(tmp_path: Path, migrated: Path) -> Run:
    """Start Python over an installation of its own; answers go to stdout as JSON."""
    home = tmp_path / "home"
    shutil.copytree(migrated, home)

    def start(code: str, **extra: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", SETUP + code],
            env={**environment(home), **extra},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


def answer(process: "subprocess.Popen[str]", timeout_s: float = 60) -> list[object]:
    output, _ = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, output
    return [json.loads(line) for line in output.splitlines()]


def test_a_record_saved_in_one_process_is_found_by_another_within_two_seconds(run: Run) -> None:
    reader = run(
        """
search("x", viewer=SYSTEM)  # a reader that already has the index open
print(json.dumps("ready"), flush=True)
sys.stdin.readline()
deadline = time.time() + 10
while not search("石墨烯", viewer=SYSTEM).hits and time.time() < deadline:
    time.sleep(0.02)
print(json.dumps(time.time()), flush=True)
"""
    )
    assert reader.stdout is not None
    assert json.loads(reader.stdout.readline()) == "ready"
    writer = run(
        """
save("warm", "先前已有的记录")
while IndexTask.objects.exists():
    time.sleep(0.05)
print(json.dumps("ready"), flush=True)
sys.stdin.readline()
save("new", "石墨烯散热膜")
print(json.dumps(time.time()), flush=True)
time.sleep(3)
"""
    )
    assert writer.stdout is not None
    assert json.loads(writer.stdout.readline()) == "ready"
    assert writer.stdin is not None
    assert reader.stdin is not None
    reader.stdin.write("go\n")
    reader.stdin.flush()
    time.sleep(0.3)
    writer.stdin.write("go\n")
    writer.stdin.flush()

    [saved_at] = answer(writer)
    [found_at] = answer(reader)

    assert isinstance(saved_at, float)
    assert isinstance(found_at, float)
    assert found_at - saved_at < 2.0


def test_processes_that_drain_at_once_do_each_task_and_lose_none(run: Run) -> None:
    n_records = 60
    quiet = {"SILIAN_INDEX_THREAD": "0"}
    answer(
        run(
            f"for n in range({n_records}): save(str(n), f'永磁材料{{n}}')\n"
            "open_matcher()\nprint(1)",
            **quiet,
        )
    )
    drain = """
outbox._BATCH_SIZE = 7
print(json.dumps(outbox.drain()))
"""

    drained = [answer(process)[0] for process in [run(drain, **quiet) for _ in range(3)]]

    [state] = answer(
        run(
            "report = consistency.check()\n"
            "print(json.dumps([IndexTask.objects.count(), report.indexed_count, "
            "report.consistent]))",
            **quiet,
        )
    )
    assert state == [0, n_records, True]
    assert sum(int(str(n)) for n in drained) == n_records


@pytest.mark.parametrize(
    "killed", ["before the index is written", "after it, before the task goes"]
)
def test_a_process_killed_while_indexing_loses_nothing(run: Run, killed: str) -> None:
    wait = "\n    print(json.dumps('now'), flush=True)\n    time.sleep(60)\n"
    before = wait if killed.startswith("before") else ""
    after = wait if killed.startswith("after") else ""
    victim = run(
        f"""
open_matcher()
write = outbox._write_index
def halting(public_ids):
    pass{before}
    write(public_ids)
    pass{after}
outbox._write_index = halting
save("a", "石墨烯散热膜")
time.sleep(60)
"""
    )
    assert victim.stdout is not None
    assert json.loads(victim.stdout.readline()) == "now"
    victim.send_signal(signal.SIGKILL)
    victim.communicate()

    [left] = answer(run("print(json.dumps(IndexTask.objects.count()))", SILIAN_INDEX_THREAD="0"))
    assert left == 1
    [state] = answer(
        run(
            "n = outbox.drain()\n"
            "hits = search('石墨烯', viewer=SYSTEM).hits\n"
            "print(json.dumps([n, len(hits), IndexTask.objects.count()]))"
        )
    )
    assert state == [1, 1, 0]


HELPED = """
from silian.portal.exchange.domain import filling, index_crew
index_crew._WORTH_A_HELPER, filling._PORTION = 1, 7
index_crew.spare_cores = lambda: 1
for n in range(60): save(str(n), f"永磁材料{n}")
"""
STATE = """
report = consistency.check()
hits = search("永磁材料", viewer=SYSTEM).hits
print(json.dumps([report.indexed_count, report.consistent, len(hits) > 5]))
"""


def test_helpers_lay_out_what_the_process_itself_would_have(run: Run) -> None:
    [n_helped, state] = answer(
        run(
            HELPED
            + """
n_helped = 0
done = index_crew._Helper.first
def first(self):
    global n_helped
    taken, laid_out = done(self)
    n_helped += laid_out is not None
    return taken, laid_out
index_crew._Helper.first = first
consistency.rebuild()
print(json.dumps(n_helped))
"""
            + STATE,
            SILIAN_INDEX_THREAD="0",
        )
    )

    assert isinstance(n_helped, int)
    assert n_helped >= 2
    assert state == [60, True, True]


def test_an_index_is_filled_even_if_every_helper_is_killed(run: Run) -> None:
    [state] = answer(
        run(
            HELPED
            + """
begin = index_crew._Helper.begin
def killed(self, dictionary):
    begin(self, dictionary)
    self._process.kill()
index_crew._Helper.begin = killed
consistency.rebuild()
"""
            + STATE,
            SILIAN_INDEX_THREAD="0",
        )
    )

    assert state == [60, True, True]


def test_a_rebuild_killed_behind_its_switch_misses_no_change_that_another_carried_out(
    run: Run,
) -> None:
    victim = run(
        """
save("a", "石墨烯散热膜")
outbox.drain()
def meanwhile_elsewhere(done, total):
    Achievement.objects.filter(source_key="a").first().delete()
    save("b", "永磁材料")
    outbox.drain()  # on the former index, as another process would
take_up, n_calls = outbox.take_up_missed, 0
def halting():
    global n_calls
    n_calls += 1
    if n_calls == 2:
        print(json.dumps("switched"), flush=True)
        time.sleep(60)
    take_up()
outbox.take_up_missed = halting
consistency.rebuild(progress=meanwhile_elsewhere)
""",
        SILIAN_INDEX_THREAD="0",
    )
    assert victim.stdout is not None
    assert json.loads(victim.stdout.readline()) == "switched"
    victim.send_signal(signal.SIGKILL)
    victim.communicate()

    [before, after] = answer(
        run(
            """
print(json.dumps([consistency.check().consistent, IndexTask.objects.count()]))
outbox.drain()
print(json.dumps([consistency.check().consistent, IndexTask.objects.count()]))
""",
            SILIAN_INDEX_THREAD="0",
        )
    )
    assert (before, after) == ([False, 0], [True, 0])


def test_a_repair_has_done_its_work_when_it_says_so_and_the_process_ends(run: Run) -> None:
    """The thread of the repairing process took the tasks first, and died with it."""
    code = """
from silian.portal.exchange.domain import worker
claim = outbox._claim
def slow_claim(size):
    if threading.current_thread() is threading.main_thread():
        time.sleep(0.5)
    return claim(size)
outbox._claim = slow_claim
report = consistency.check(repair=True)
print(json.dumps(report.repaired))
"""
    assert answer(run(_DRIFT, SILIAN_INDEX_THREAD="0")) == [1]
    assert answer(run("import threading\n" + code)) == [True]
    look = "r = consistency.check(); print(json.dumps([r.consistent, r.waiting_count]))"
    assert answer(run(look, SILIAN_INDEX_THREAD="0")) == [[True, 0]]


_DRIFT = """
for number in range(3):
    save(f"A{number}", "激光雷达")
outbox.drain()
Achievement.objects.filter(source_key="A0").delete()
Achievement.objects.filter(source_key="A1").update(title="改名后")
IndexTask.objects.all().delete()
print(json.dumps(len(consistency.check().stale_ids)))
"""


def test_a_command_ends_when_its_thread_has_carried_what_it_saved(run: Run) -> None:
    code = """
from silian.portal.exchange.domain import worker
carry_out = outbox._carry_out
def slowly(tasks):
    time.sleep(0.5)
    return carry_out(tasks)
outbox._carry_out = slowly
save("B", "激光雷达")
print(json.dumps(worker.finish()))
"""
    assert answer(run(code)) == [True]
    [left] = answer(run("print(json.dumps(IndexTask.objects.count()))", SILIAN_INDEX_THREAD="0"))
    assert left == 0


def test_waiting_for_the_thread_ends_where_the_index_is_damaged(run: Run) -> None:
    code = """
from silian.portal.exchange.domain import worker
from silian.portal.exchange.domain.index import generation_folder, current_generation, forget_opened
save("A", "激光雷达")
worker.finish()
forget_opened()
(generation_folder(current_generation()) / "index.json").unlink()
save("B", "激光雷达")
began = time.monotonic()
print(json.dumps(worker.finish()))
print(json.dumps(time.monotonic() - began < 20))
"""
    assert answer(run(code)) == [False, True]
    [left] = answer(
        run(
            "print(json.dumps(IndexTask.objects.filter(error='').count()))", SILIAN_INDEX_THREAD="0"
        )
    )
    assert left == 1
