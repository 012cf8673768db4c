"""Homes of every former version reach the tables that a fresh one has."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

SCRIPT = Path(__file__).parent / "home_stages.py"
OURS = {"accounts", "audit", "capital", "exchange", "industry", "innovation", "insight", "registry"}


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., list[Any]]]:
    """Runs stages of one new home, each home with a database of its own; gives what they print."""
    url = os.environ.get("SILIAN_DATABASE_URL", "")
    made: list[str] = []

    def run(*words: str) -> list[Any]:
        home = tmp_path_factory.mktemp("home")
        environment = {**os.environ, "SILIAN_HOME": str(home)}
        if url.startswith("postgres"):
            made.append(f"home_{os.getpid()}_{len(made)}")
            _administer(url, f'CREATE DATABASE "{made[-1]}"')
            environment["SILIAN_DATABASE_URL"] = urlsplit(url)._replace(path=made[-1]).geturl()
        done = subprocess.run(
            [sys.executable, SCRIPT, *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    yield run
    for name in made:
        _administer(url, f'DROP DATABASE "{name}"')


def _administer(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as link:
        link.execute(statement)


@pytest.fixture(scope="module")
def fresh(stages: Callable[..., list[Any]]) -> dict[str, list[str]]:
    """The schema of a fresh home."""
    schema: dict[str, list[str]] = stages("now", "schema")[0]
    return schema


def test_a_home_of_the_former_files_reaches_the_schema_of_a_fresh_one(
    stages: Callable[..., list[Any]], fresh: dict[str, list[str]]
) -> None:
    former, migrated, again, back = stages(
        "former", "schema", "now", "schema", "now", "schema", "former", "schema"
    )
    assert migrated == again == fresh
    assert back == former
    assert former != fresh  # copies of indexes went


def test_drafts_in_force_carry_their_mark_where_a_home_stood_before_it(
    stages: Callable[..., list[Any]], fresh: dict[str, list[str]]
) -> None:
    schema, marks = stages("midway", "now", "schema", "marks")
    assert schema == fresh
    assert marks == {
        "published": hashlib.sha256(b"id: published").hexdigest(),
        "draft": "",
    }


def test_tables_of_an_app_can_be_taken_away_and_made_again(
    stages: Callable[..., list[Any]], fresh: dict[str, list[str]]
) -> None:
    without, again = stages("now", "nothing", "schema", "now", "schema")
    assert fresh.keys() - without.keys() == {"capital_grant", "capital_historicalgrant"}
    assert again == fresh


@pytest.mark.django_db
def test_a_home_that_stopped_after_any_migration_goes_on() -> None:
    loader = MigrationLoader(None, replace_migrations=False)
    replacing = {key: migration.replaces for key, migration in loader.replacements.items()}
    targets = [key for key in sorted(loader.disk_migrations) if key not in replacing]
    line: list[tuple[str, str]] = []
    for target in targets:
        for key in loader.graph.forwards_plan(target):
            if key not in line and key not in replacing:
                line.append(key)
    for length in range(len(line) + 1):
        _pretend(line[:length])
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        keys = [(migration.app_label, migration.name) for migration, _ in plan]
        told = [one for key in keys for one in replacing.get(key, [key])]
        assert sorted(told) == sorted(set(line) - set(line[:length]))


def _pretend(applied: list[tuple[str, str]]) -> None:
    """Notes these migrations as the applied ones, in a transaction that is taken back."""
    recorder = MigrationRecorder(connection)
    recorder.flush()
    for app, name in applied:
        recorder.record_applied(app, name)


@pytest.mark.django_db
def test_models_ask_for_no_further_migration() -> None:
    call_command("makemigrations", *sorted(OURS), check=True, dry_run=True, verbosity=0)
