"""Reading ahead in a process of its own: the same records, whoever is killed."""

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

pytestmark = pytest.mark.slow

HEADING = "source_key,name,aliases,registered_capital_cny,备注\n"
LINES = "".join(
    f"E{n},{f'公司{n}' if n % 7 else ''},简称{n},{n if n % 9 else 'abc'},x\n" for n in range(1, 101)
)
SETUP = """
import json, os, signal, sys, django
django.setup()
from silian.portal.registry.domain import intake, reading
from silian.portal.registry.models import ImportJob, Organisation, OrganisationName
reading._WORTH_A_HELPER_BYTES, reading.BATCH_ROWS = 0, 10
reading.spare_cores = lambda: 1
n_taken = 0
take = reading._Helper.take
def counted(self):
    global n_taken
    n_taken += 1
    return take(self)
reading._Helper.take = counted
def load(register):
    return intake.run_job(intake.create_job(sys.argv[1], "template:organisation",
                                            register_code=register).pk)
def report(job):
    job.refresh_from_db()
    rows = job.rejected_rows.order_by("row_number")
    kept = Organisation.objects.filter(register__code=job.register_code)
    return [job.state, job.row_count, job.row_total, job.counts_by_kind, job.notes,
            [[row.row_number, row.kind, sorted(row.values.items()),
              sorted(reason["code"] for reason in row.reasons)] for row in rows],
            [list(one) for one in kept.order_by("pk").values_list("source_key", "name", "source_row",
                                                                  "source_hash")],
            OrganisationName.objects.filter(organisation__in=kept).count(),
            Organisation.history.filter(register__code=job.register_code).count()]
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reading") / "home"
    shutil.copytree(migrated_home(tmp_path_factory), place)
    (place / "rows.csv").write_text(HEADING + LINES, "utf-8")
    return place


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "SILIAN_DATABASE_URL"}
    return kept | {
        "SILIAN_HOME": str(home),
        "SILIAN_EMBEDDER": "none",
        "SILIAN_INDEX_THREAD": "0",
        "DJANGO_SETTINGS_MODULE": "silian.portal.settings",
    }


def run(home: Path, code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", SETUP + code, str(home / "rows.csv")],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_reading_ahead_loads_what_reading_here_loads(home: Path) -> None:
    done = run(
        home,
        """
ahead = report(load("ahead"))
reading.spare_cores = lambda: 0
print(json.dumps([n_taken, ahead, report(load("here"))]))
""",
    )
    n_taken, ahead, here = json.loads(done.stdout)
    assert n_taken == 12  # the total, ten batches, the end
    assert ahead == here
    assert (ahead[0], ahead[1], len(ahead[5])) == ("done", 100, 24)


def test_reading_goes_on_here_when_the_helper_is_killed(home: Path) -> None:
    done = run(
        home,
        """
taken = reading._Helper.take
def killing(self):
    answer = taken(self)
    if n_taken == 4:
        self._process.kill()
        self._process.stdout.read()  # what the pipe still held
        return taken(self)
    return answer
reading._Helper.take = killing
fell = report(load("fell"))
reading.spare_cores = lambda: 0
print(json.dumps([n_taken, fell, report(load("whole"))]))
""",
    )
    n_taken, fell, whole = json.loads(done.stdout)
    assert n_taken == 5
    assert fell == whole
    assert "without its helper" in done.stderr


def test_a_file_that_the_helper_refuses_is_refused_once_and_in_words(home: Path) -> None:
    (home / "strange.csv").write_text("foo,bar\n1,2\n" * 20, "utf-8")
    done = run(
        home,
        """
sys.argv[1] = sys.argv[1].replace("rows.csv", "strange.csv")
job = load("strange")
print(json.dumps([job.state, job.error_code, job.error_message]))
""",
    )
    state, code, told = json.loads(done.stdout)
    assert (state, code) == ("failed", "no_heading")
    assert "foo" in told
    assert done.stderr == ""


def test_a_load_killed_half_way_is_taken_up_again_and_its_helper_ends(home: Path) -> None:
    killed = run(
        home,
        """
save_batch, n_saved = intake.save_batch, 0
def dying(*arguments):
    global n_saved
    n_saved += 1
    if n_saved == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return save_batch(*arguments)
intake.save_batch = dying
begin = reading._Helper.begin
def telling(self, n_skipped):
    print(self._process.pid, flush=True)
    begin(self, n_skipped)
reading._Helper.begin = telling
load("killed")
""",
    )
    assert killed.returncode == -signal.SIGKILL
    helper = int(killed.stdout)
    done = run(
        home,
        """
job = ImportJob.objects.get(register_code="killed")
half = [job.state, job.row_count]
again = report(intake.run_job(job.pk))
reading.spare_cores = lambda: 0
print(json.dumps([half, n_taken, again, report(load("unharmed"))]))
""",
    )
    half, n_taken, again, unharmed = json.loads(done.stdout)
    assert half == ["running", 40]
    assert n_taken == 12  # batches that were saved come too, with their keys alone
    assert again == unharmed
    deadline = time.monotonic() + 10
    while is_running(helper) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(helper)


def is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
