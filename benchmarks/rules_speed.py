"""How fast policies are evaluated, beside the same conditions written by hand and beside peers.

    python -m benchmarks.rules_speed                 # all that results/rules_speed.md shows
    python -m benchmarks.rules_speed --rows 100000   # fewer rows, printed and not written

200 conditions over 60 facts in 20 policies, seeded. ``rules.evaluate`` is held against one SQL
statement as a person would write it, in the same DuckDB, in turn; against the row-by-row reading
of the same clauses; against OpenFisca where ``SILIAN_BENCH_OPENFISCA_PYTHON`` names an interpreter
that has ``openfisca-core``; and against json-logic, one call a row and condition. Answers are
compared value by value wherever two say the same thing; a difference ends the run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measuring import machine
from benchmarks.rules_cases import (
    AMOUNTS,
    AS_OF,
    CODES,
    COUNTS,
    DATES,
    FLAGS,
    NUMBERS,
    POLICY_COUNT,
    TEXTS,
    Tree,
    as_clause,
    as_json_logic,
    as_sql,
    conditions,
    subject_years,
)
from benchmarks.rules_subject import measure_subjects
from silian.engines.rules import CompiledPolicies, compile_policies, evaluate, evaluate_subject
from silian.engines.rules.values import Condition, Policy
from silian.sources import Source
from silian.tables.clauses import FactColumn, FactSchema
from silian.tables.sessions import DuckDBSession

SEED = 20_260_301
CONDITION_COUNT = 200
_ROWS = 1_000_000
_SAMPLE = 500
_JSON_LOGIC_ROWS = 300
_SUBJECTS = 60
_REPETITIONS = 5
_GOAL = 1.5
_HERE = Path(__file__).resolve().parent
_RESULTS = _HERE / "results"
_SOURCE = Source(title="benchmark")
_TYPES = {
    "number": AMOUNTS,
    "integer": COUNTS,
    "text": TEXTS,
    "codes": CODES,
    "date": DATES,
    "boolean": FLAGS,
}
SCHEMA = FactSchema(
    tuple(
        FactColumn(name=name, type=kind)  # type: ignore[arg-type]
        for kind, names in _TYPES.items()
        for name in names
    )
)


def compiled_policies(trees: list[Tree]) -> CompiledPolicies:
    """The conditions, in order, spread over as many policies; a cover policy keeps their order."""
    each = -(-len(trees) // POLICY_COUNT)
    policies = [
        Policy(
            policy_id=f"policy_{start // each:02}",
            label_zh="",
            label_en="",
            kind="title",
            source=_SOURCE,
            valid_from=date(2020, 1, 1),
            conditions=tuple(
                Condition(
                    condition_id=f"condition_{number:03}",
                    label_zh="",
                    label_en="",
                    expression=as_clause(tree),
                    source=_SOURCE,
                )
                for number, tree in enumerate(trees[start : start + each], start=start)
            ),
        )
        for start in range(0, len(trees), each)
    ]
    return compile_policies(policies, SCHEMA, as_of=AS_OF)


def hand_written(compiled: CompiledPolicies, trees: list[Tree], facts: str) -> tuple[str, str]:
    """Every condition in one statement, and the same with who is entitled around it."""
    columns, entitled, waiting = ["subject_id", "year"], [], iter(trees)
    for one in compiled.policies:
        policy_id = one.policy.policy_id
        names = [f'"{policy_id}.{condition.condition_id}"' for condition in one.policy.conditions]
        columns += [f"({as_sql(next(waiting))}) AS {name}" for name in names]
        entitled.append(f'({" AND ".join(names)}) AS "{policy_id}"')
    conditions_only = f"SELECT {', '.join(columns)} FROM {facts}"
    return conditions_only, f"SELECT *, {', '.join(entitled)} FROM ({conditions_only})"


def main(words: list[str] | None = None) -> int:
    """Measure, compare answers, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=_ROWS)
    options = parser.parse_args(sys.argv[1:] if words is None else words)
    trees = conditions(CONDITION_COUNT, SEED)
    results: dict[str, Any] = {"seed": SEED, "machine": machine(), "rows": options.rows}
    results["hand_written"] = _beside_hand_written(trees, options.rows)
    print(json.dumps(results["hand_written"]), flush=True)
    numeric = [tree for tree in trees if _is_numeric(tree)]
    results |= _beside_peers(numeric, options.rows)
    print(json.dumps({name: results[name] for name in ("openfisca", "json_logic")}), flush=True)
    results["subject"] = measure_subjects(_SUBJECTS, SEED)
    print(json.dumps(results["subject"]), flush=True)
    if options.rows == _ROWS:
        _RESULTS.mkdir(exist_ok=True)
        text = json.dumps(results, indent=1)
        (_RESULTS / "rules_speed.json").write_text(text + "\n", "utf-8")
        (_RESULTS / "rules_speed.md").write_text(_page(results), "utf-8")
    return 0


def _is_numeric(tree: Any) -> bool:
    if not isinstance(tree, list):
        return True
    if tree[0] == "fact":
        return tree[1] in NUMBERS
    return tree[0] not in {"in", "has", "full_years"} and all(map(_is_numeric, tree[1:]))


def _beside_hand_written(trees: list[Tree], row_count: int) -> dict[str, Any]:
    compiled = compiled_policies(trees)
    with DuckDBSession() as session:
        session.register("drawn", subject_years(row_count, SEED))
        session.execute("CREATE TABLE facts AS FROM drawn")
        conditions_only, with_entitled = hand_written(compiled, trees, "facts")

        def ours() -> pa.Table:
            return evaluate(compiled, session, "facts").wide

        wide = ours()
        _same(wide, session.query(with_entitled))  # also the warm-up
        seconds = _in_turn(
            {
                "ours": ours,
                "conditions": lambda: session.query(conditions_only),
                "entitled": lambda: session.query(with_entitled),
            }
        )
        sampled = _same_as_row_by_row(compiled, session, wide, row_count)
    return {
        "conditions": len(trees),
        "facts": len(SCHEMA),
        "policies": len(compiled.policies),
        **seconds,
        "ratio_to_conditions": round(seconds["ours_s"] / seconds["conditions_s"], 2),
        "cpu_ratio_to_conditions": round(seconds["ours_cpu_s"] / seconds["conditions_cpu_s"], 2),
        "ratio_to_entitled": round(seconds["ours_s"] / seconds["entitled_s"], 2),
        "cpu_ratio_to_entitled": round(seconds["ours_cpu_s"] / seconds["entitled_cpu_s"], 2),
        "equal_rows": row_count,
        **sampled,
    }


def _in_turn(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median wall and CPU seconds of calls that take turns, so that a busy machine hits all."""
    wall: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_REPETITIONS):
        for name, call in calls.items():
            started, started_cpu = time.perf_counter(), time.process_time()
            call()
            wall[name].append(time.perf_counter() - started)
            cpu[name].append(time.process_time() - started_cpu)
    return {
        key: round(float(np.median(values[name])), 4)
        for name in calls
        for key, values in ((f"{name}_s", wall), (f"{name}_cpu_s", cpu))
    }


def _same(ours: pa.Table, hand: pa.Table) -> None:
    if sorted(ours.column_names) != sorted(hand.column_names):
        raise SystemExit("the two statements do not give the same columns")
    sort = [("subject_id", "ascending")]
    ours, hand = ours.sort_by(sort), hand.sort_by(sort)
    for name in hand.column_names:
        if not ours[name].combine_chunks().equals(hand[name].combine_chunks()):
            raise SystemExit(f"{name} differs between the engine and the SQL written by hand")


def _same_as_row_by_row(
    compiled: CompiledPolicies, session: DuckDBSession, wide: pa.Table, row_count: int
) -> dict[str, Any]:
    """A seeded sample again, clause by clause in Python."""
    places = np.random.default_rng(SEED).choice(row_count, min(_SAMPLE, row_count), replace=False)
    answers = wide.sort_by([("subject_id", "ascending")]).take(np.sort(places)).to_pylist()
    facts = session.query("FROM facts ORDER BY subject_id").take(np.sort(places)).to_pylist()
    started = time.process_time()
    said = [evaluate_subject(compiled, row) for row in facts]
    seconds = time.process_time() - started
    truth = {"met": True, "unmet": False, "unknown": None}
    for answer, policies in zip(answers, said, strict=True):
        for policy in policies:
            for one in policy.conditions:
                name = f"{policy.policy.policy_id}.{one.condition.condition_id}"
                if answer[name] is not truth[one.standing]:
                    raise SystemExit(f"{name} of {answer['subject_id']} differs row by row")
    return {"python_rows": len(said), "python_rows_per_s": round(len(said) / seconds)}


def _beside_peers(trees: list[Tree], row_count: int) -> dict[str, Any]:
    """Facts without gaps: neither peer knows unknown."""
    compiled = compiled_policies(trees)
    facts = subject_years(row_count, SEED + 1, missing_share=0)
    with DuckDBSession() as session:
        session.register("drawn", facts)
        session.execute("CREATE TABLE facts AS FROM drawn")

        def evaluated() -> pa.Table:
            return evaluate(compiled, session, "facts").conditions()

        wide = evaluated().sort_by([("subject_id", "ascending")])
        seconds = _in_turn({"ours": evaluated})
    answers = np.stack([column.to_numpy() for column in wide.columns[2:]])
    ours = {"conditions": len(trees), "rows": row_count, **seconds}
    return {
        "openfisca": _openfisca(trees, facts, answers, ours),
        "json_logic": _json_logic(trees, facts, answers, ours),
    }


def _openfisca(
    trees: list[Tree], facts: pa.Table, answers: np.ndarray, ours: dict[str, Any]
) -> dict[str, Any] | str:
    interpreter = os.environ.get("SILIAN_BENCH_OPENFISCA_PYTHON")
    if not interpreter:
        return "absent: SILIAN_BENCH_OPENFISCA_PYTHON is not set"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(
            folder / "facts.npz",
            **{column: facts[column].to_numpy().astype(np.float32) for column in NUMBERS},
        )
        (folder / "conditions.json").write_text(json.dumps(trees), "utf-8")
        done = subprocess.run(
            [interpreter, _HERE / "peers_openfisca.py", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        figures = json.loads(done.stdout.splitlines()[-1])
        theirs = np.load(folder / "openfisca.npy")
    return {
        **ours,
        "openfisca_s": round(figures["seconds"], 4),
        "openfisca_cpu_s": round(figures["cpu_seconds"], 4),
        "ratio": round(figures["seconds"] / ours["ours_s"], 2),
        "answers": int(answers.size),
        "different": int((answers.astype(bool) != theirs).sum()),
    }


def _json_logic(
    trees: list[Tree], facts: pa.Table, answers: np.ndarray, ours: dict[str, Any]
) -> dict[str, Any] | str:
    try:
        from json_logic import jsonLogic
    except ImportError:
        return "absent: install the extra `bench`"
    rules = [as_json_logic(tree) for tree in trees]
    rows = facts.slice(0, _JSON_LOGIC_ROWS).select(list(NUMBERS)).to_pylist()
    started = time.process_time()
    theirs = [[bool(jsonLogic(rule, row)) for rule in rules] for row in rows]
    seconds = time.process_time() - started
    per_row = seconds / len(rows)
    return {
        **ours,
        "measured_rows": len(rows),
        "rows_per_s": round(1 / per_row, 1),
        "ours_rows_per_s": round(ours["rows"] / ours["ours_cpu_s"]),
        "ratio": round(per_row * ours["rows"] / ours["ours_cpu_s"]),
        "answers": len(rows) * len(rules),
        "different": int((answers[:, : len(rows)].astype(bool) != np.array(theirs).T).sum()),
    }


def _page(results: dict[str, Any]) -> str:
    one = results["hand_written"]
    verdict = "met" if one["ratio_to_conditions"] <= _GOAL else "not met"
    place = ", ".join(f"{key} {value}" for key, value in results["machine"].items())
    lines = [
        "# Evaluating policies",
        "",
        f"`python -m benchmarks rules`, {place}, seed {results['seed']}. "
        f"{one['conditions']} conditions over {one['facts']} facts in {one['policies']} policies, "
        "every condition's answer kept (true, false, unknown), 5 % of the facts missing. Seconds "
        f"are medians of {_REPETITIONS} runs that take turns, in memory, to an Arrow table.",
        "",
        "| rows | evaluator | wall, s | CPU, s |",
        "| ---: | --- | ---: | ---: |",
        f"| {results['rows']:,} | `rules.evaluate` | {one['ours_s']} | {one['ours_cpu_s']} |",
        f"| {results['rows']:,} | by hand: the conditions alone | {one['conditions_s']} "
        f"| {one['conditions_cpu_s']} |",
        f"| {results['rows']:,} | by hand: and who is entitled | {one['entitled_s']} "
        f"| {one['entitled_cpu_s']} |",
        "",
        f"- {one['ratio_to_conditions']} times the wall time ({one['cpu_ratio_to_conditions']} "
        "times the CPU time) of the conditions alone, written by hand as one DuckDB statement "
        f"(wanted within {_GOAL}: {verdict}), though `rules.evaluate` also says who is entitled; "
        f"{one['ratio_to_entitled']} times ({one['cpu_ratio_to_entitled']}) the statement that "
        f"says both. All {one['equal_rows']:,} rows are equal, column by column.",
        f"- Row by row in Python (`evaluate_subject`, with values and what is missing): "
        f"{one['python_rows_per_s']:,} rows/s of CPU; the same answers on {one['python_rows']} rows drawn "
        "by seed.",
    ]
    return "\n".join([*lines, *_peer_lines(results), *_subject_lines(results["subject"])]) + "\n"


def _subject_lines(subject: dict[str, Any]) -> list[str]:
    rows = [
        f"| {label} | {subject['cpu_ms'][name]['p50']} | {subject['cpu_ms'][name]['p95']} |"
        for name, label in (
            ("answers", "`evaluate_subject`: answers with values and traces"),
            ("stacking", "`stack`: the best lawful combination"),
            ("gaps", "`gaps` of every policy"),
            ("plans", "`cheapest_changes` for every policy"),
        )
    ]
    counted = ", ".join(f"{name} {number:,}" for name, number in subject["outcomes"].items())
    return [
        "",
        f"One enterprise under all {subject['policies']} policies of the library, "
        f"{subject['subjects']} drawn enterprises, warm, CPU milliseconds:",
        "",
        "| part | median | 95th percentile |",
        "| --- | ---: | ---: |",
        *rows,
        "",
        f"Plans by outcome: {counted}. Every plan was evaluated again and entitles.",
    ]


def _peer_lines(results: dict[str, Any]) -> list[str]:
    lines = []
    for name, label in (("openfisca", "OpenFisca"), ("json_logic", "json-logic")):
        one = results[name]
        if isinstance(one, str):
            lines.append(f"- {label}: {one}.")
            continue
        how = (
            f"{one['openfisca_s']} s wall, {one['openfisca_cpu_s']} s CPU (NumPy on float32, which "
            f"knows no missing value; inputs set before) against our {one['ours_s']} s wall, "
            f"{one['ours_cpu_s']} s CPU (double precision, three-valued, to Arrow)"
            if name == "openfisca"
            else f"{one['rows_per_s']:,} rows/s of CPU, measured on {one['measured_rows']} rows, "
            f"against our {one['ours_rows_per_s']:,} rows/s"
        )
        unit = "wall time" if name == "openfisca" else "CPU time"
        lines.append(
            f"- {label}, the {one['conditions']} numeric conditions without missing facts, "
            f"{one['rows']:,} rows: {how}, {one['ratio']} times our {unit}. "
            f"{one['different']} of {one['answers']:,} answers differ."
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
