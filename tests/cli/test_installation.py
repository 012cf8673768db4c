"""A newcomer's first day with the real command: sample city, match, serve, backup, restore."""

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from made_once import PASSWORD, sample_home

SUPPORT = Path(__file__).resolve().parents[1] / "support"
COMMAND = [sys.executable, "-m", "silian.cli"]
NEED = "需要一种耐高温的永磁材料用于新能源汽车电机"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "SILIAN_DATABASE_URL"}
    return {
        **kept,
        "SILIAN_HOME": str(home),
        "SILIAN_EMBEDDER": "light_embedder:make",
        "SILIAN_NO_INPUT": "1",
        "SILIAN_DEMO_PASSWORD": PASSWORD,
        "PYTHONPATH": str(SUPPORT),
    }


def silian(home: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("installation") / "home"
    shutil.copytree(sample_home(tmp_path_factory), home)
    assert PASSWORD in (home / "loaded.out").read_text("utf-8")
    assert silian(home, "build", "--fresh").returncode == 0  # with the embedder of these tests
    return home


def test_help_costs_less_than_half_a_second() -> None:
    def cpu_seconds() -> float:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    before = cpu_seconds()
    subprocess.run([*COMMAND, "--help"], capture_output=True, check=True)

    # Processor time: a busy machine must not fail what is about our own imports.
    assert cpu_seconds() - before < 0.5


@pytest.mark.slow
def test_the_sample_city_is_matched_and_consistent(installation: Path) -> None:
    matched = silian(installation, "match", "--text", NEED, "--json")
    checked = silian(installation, "check", "--json")

    assert matched.returncode == 0, matched.stderr
    result = json.loads(matched.stdout)["all"]
    assert len(result["hits"]) == 10
    assert result["meaning_pending_count"] == 0
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["consistent"]) == (0, True)


@pytest.mark.slow
def test_a_backup_brings_everything_back_elsewhere(installation: Path, tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "city.tar.gz", tmp_path / "elsewhere"

    backed_up = silian(installation, "backup", file)
    restored = silian(elsewhere, "restore", file)

    assert backed_up.returncode == 0, backed_up.stderr
    assert restored.returncode == 0, restored.stderr
    before, after = (
        json.loads(silian(home, "status", "--json").stdout) for home in (installation, elsewhere)
    )
    assert after["records"] == before["records"]
    assert after["index"]["generation"] == before["index"]["generation"]
    assert after["index"]["meaning_pending_count"] == 0
    first, second = (
        json.loads(silian(home, "match", "--text", NEED, "--json").stdout)["all"]["hits"]
        for home in (installation, elsewhere)
    )
    assert second == first

    refused = silian(elsewhere, "restore", file)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    again = silian(elsewhere, "restore", file, "--yes")
    assert again.returncode == 0, again.stderr
    [aside] = elsewhere.glob("before-restore-*")
    assert (aside / "database.sqlite3").stat().st_size > 0
    assert (elsewhere / "secret_key").read_text() != (installation / "secret_key").read_text()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    file, home = tmp_path / "x.tar.gz", tmp_path / "home"
    file.write_bytes(b"no archive")

    refused = silian(home, "restore", file)

    assert refused.returncode == 1
    assert "backup_unusable" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_leaves_no_process_behind(
    installation: Path, number: signal.Signals
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        env=environment(installation),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        told = ""
        while f"http://127.0.0.1:{port}/" not in told:
            line = server.stderr.readline()
            assert line, told
            told += line
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
            assert page.status == 200
        children = children_of(server.pid)
        assert len(children) == 3
        taken = silian(installation, "serve", "--port", str(port))
        assert taken.returncode == 1
        assert str(port) in taken.stderr
    finally:
        server.send_signal(number)
        server.communicate(timeout=60)
    assert server.returncode == 0
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []


def children_of(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in path.read_text().split()]
