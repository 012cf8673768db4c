"""Brings a database to the tables of versions and tells its schema; run as a program.

Takes any of these words, one after the other, and prints what the last three say as JSON lines:

``former``  the tables that homes had before migrations were squashed, forwards or back
``midway``  those before drafts carried the mark of their approved text, with two drafts
``now``     migrates as the product does
``nothing`` takes away the tables of an app that nothing else needs
``schema``, ``marks``, ``applied``
"""

import json
import re
import sys
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from silian.cli import runtime

FORMER = (
    ("accounts", "0005_user_person"),
    ("audit", "0001_initial"),
    ("capital", "0001_grants"),
    ("exchange", "0005_team_notes"),
    ("industry", "0006_subject_years"),
    ("innovation", "0001_initial"),
    ("insight", "0001_initial"),
    ("registry", "0005_withheld_values"),
)
MIDWAY = (
    ("accounts", "0004_adviser_role"),
    ("audit", "0001_initial"),
    ("exchange", "0002_outbox_claims"),
    ("industry", "0003_books_are_private"),
    ("registry", "0003_chains_and_identities"),
)


class FormerFiles(MigrationLoader):
    """Migrations as they were before some replaced others."""

    def load_disk(self) -> None:
        super().load_disk()
        files = self.disk_migrations.items()
        self.disk_migrations = {key: file for key, file in files if not file.replaces}


def migrate_by_former_files(targets: tuple[tuple[str, str], ...]) -> Any:
    """Apply the files that squashed ones replaced; gives the apps as they were there."""
    executor = MigrationExecutor(connection)
    executor.loader = FormerFiles(connection)
    ours = {app for app, _ in FORMER}
    others = [key for key in executor.loader.graph.leaf_nodes() if key[0] not in ours]
    return executor.migrate([*others, *targets]).apps


def add_drafts(apps: Any) -> None:
    """One draft in force and one being written, by a user of that time."""
    user = apps.get_model("accounts", "User").objects.create(username="editor")
    drafts = apps.get_model("industry", "PolicyDraft").objects
    for state in ("published", "draft"):
        drafts.create(
            policy_id=state,
            title=state,
            content=f"id: {state}",
            state=state,
            author=user,
            last_editor=user,
        )


def schema() -> dict[str, list[str]]:
    """Of each table all that the database enforces or keeps, in an order of its own."""
    read = _sqlite_lines if connection.vendor == "sqlite" else _postgresql_lines
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table, line in read(cursor):
            found.setdefault(table, []).append(line)
    return {table: sorted(lines) for table, lines in sorted(found.items())}


def _sqlite_lines(cursor: Any) -> list[tuple[str, str]]:
    cursor.execute("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    lines = []
    for kind, table, sql in cursor.fetchall():
        if kind == "table":  # columns stand in the order in which versions added them
            inside = sql[sql.index("(") + 1 : sql.rindex(")")]
            parts = re.split(r", (?=\"|CONSTRAINT)(?![^(]*\))", inside)
            lines += [(table, part) for part in parts]
        else:
            lines.append((table, sql))
    return lines


def _postgresql_lines(cursor: Any) -> list[tuple[str, str]]:
    cursor.execute(
        """
        SELECT table_name, concat_ws(' ', column_name, udt_name, is_nullable, column_default,
            character_maximum_length, numeric_precision, numeric_scale, is_identity)
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
        """
    )
    found: list[tuple[str, str]] = cursor.fetchall()
    return found


def told(wanted: str) -> Any:
    """What one word asks to be printed; ``None`` for those that only do."""
    from silian.portal.industry.models import PolicyDraft

    if wanted == "schema":
        return schema()
    if wanted == "marks":
        return dict(PolicyDraft.objects.values_list("policy_id", "approved_mark"))
    if wanted == "applied":
        return sorted(MigrationRecorder(connection).applied_migrations())
    if wanted == "former":
        migrate_by_former_files(FORMER)
    elif wanted == "midway":
        add_drafts(migrate_by_former_files(MIDWAY))
    elif wanted == "nothing":
        call_command("migrate", "capital", "zero", verbosity=0)
    else:
        runtime.migrate()
    return None


if __name__ == "__main__":
    runtime.start()
    for word in sys.argv[1:]:
        answer = told(word)
        if answer is not None:
            print(json.dumps(answer))
