"""How many cores a command may use."""

import os
import subprocess
import sys

import pytest

_ASK = """
import os, sys
from silian.cli import main
sys.argv = ["silian", "--version"]
try:
    main()
except SystemExit:
    pass
print(os.environ["OMP_NUM_THREADS"])
"""


@pytest.mark.parametrize(("set_before", "used"), [("", "1"), ("3", "3")])
def test_a_command_computes_on_one_core_unless_told_otherwise(set_before: str, used: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    if set_before:
        environment["OMP_NUM_THREADS"] = set_before
    asked = subprocess.run(
        [sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True, check=True
    )
    assert asked.stdout.splitlines()[-1] == used
