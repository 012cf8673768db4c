"""Python on the pages: it compiles, imports what there is, and the examples that stand alone run."""

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from printed_commands import PAGES, ROOT

BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}:{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S), start=1
    )
]


@pytest.mark.parametrize("block", BLOCKS)
def test_it_compiles_and_what_it_imports_exists(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if not isinstance(node, ast.ImportFrom) or not str(node.module).startswith("silian."):
            continue
        if node.module.startswith("silian.portal"):  # wants Django's settings; its tests import it
            continue
        module = importlib.import_module(node.module)
        for name in node.names:
            assert hasattr(module, name.name) or importlib.import_module(
                f"{node.module}.{name.name}"
            )


def test_the_matching_example_runs_as_printed(tmp_path: Path) -> None:
    page = (ROOT / "docs/design/matching.md").read_text("utf-8")
    [example, *_] = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    best, other, absent = ran.stdout.splitlines()
    assert best.startswith("1 ach-1 ")
    assert "永磁" in best
    assert other.startswith("2 ach-2 ")
    assert absent == "constraint"
