"""Reads and checks the policies of the library, and drafts that editors write."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path

from silian.engines.rules.values import Policy, StackingGroup
from silian.library.marked_yaml import MarkedDocument, read_marked, text_of
from silian.library.model_problems import checked
from silian.library.policy_linting import lint_policy_file
from silian.library.policy_models import PolicyFile, StackingFile
from silian.library.problems import FileRefused, Problem

CASES_ENDING = ".cases.yaml"
STACKING_FILE = "stacking.yaml"


def policy_folder() -> Path:
    """Where the library's policies are."""
    return Path(str(resources.files("silian.library") / "policies"))


def policy_paths(folder: Path | None = None) -> tuple[Path, ...]:
    """Every policy file of a folder, in the order of their names."""
    found = (folder or policy_folder()).rglob("*.yaml")
    return tuple(
        sorted(
            path
            for path in found
            if not path.name.endswith(CASES_ENDING) and path.name != STACKING_FILE
        )
    )


@cache
def policies() -> tuple[Policy, ...]:
    """Every policy version of the library, by id and first day.

    Forms are checked; expressions are when they are compiled, and by ``lint_policies``.
    """
    read = [_read(text_of(path), path) for path in policy_paths()]
    return tuple(sorted(read, key=lambda one: (one.policy_id, one.valid_from)))


@cache
def stacking_groups() -> tuple[StackingGroup, ...]:
    """Which awards of the library may be had together."""
    path = policy_folder() / STACKING_FILE
    document = read_marked(text_of(path), str(path))
    groups = checked(StackingFile, document)
    if groups is None:
        raise FileRefused(path, document.problems)
    return groups.values()


def load_policy(path: Path) -> Policy:
    """Read one policy file and check everything in it.

    Raises
    ------
    FileRefused
        With every problem, its line and its remedy.
    """
    return parse_policy(text_of(path), str(path))


def parse_policy(text: str, path: str = "") -> Policy:
    """Read one policy from its text and check everything in it.

    Raises
    ------
    FileRefused
        With every problem, its line and its remedy.
    """
    document, policy = _linted(text, path)
    if policy is None or document.problems:
        raise FileRefused(path, sorted(document.problems))
    return policy.value()


def lint_policy(text: str, path: str = "") -> list[Problem]:
    """Everything that is wrong with one policy file, in the order of its lines.

    Examples
    --------
    >>> [problem.code for problem in lint_policy("policy_id: on", "draft.yaml")][:1]
    ['ambiguous_value']
    """
    document, _ = _linted(text, path)
    return sorted(document.problems)


def lint_policies(folder: Path | None = None) -> list[Problem]:
    """Everything that is wrong with a folder of policies, also between its files."""
    folder = folder or policy_folder()
    read: list[tuple[MarkedDocument, PolicyFile]] = []
    problems: list[Problem] = []
    for path in policy_paths(folder):
        document, policy = _linted(text_of(path), str(path))
        if policy is not None:
            _check_file_name(document, policy, path)
            read.append((document, policy))
        else:
            problems += document.problems
    _check_versions(read)
    for document, _ in read:
        problems += document.problems
    stacking = folder / STACKING_FILE
    if stacking.exists():
        known = {policy.policy_id for _, policy in read}
        problems += lint_stacking(text_of(stacking), str(stacking), known)
    return sorted(problems)


def lint_stacking(text: str, path: str, known_policies: Iterable[str]) -> list[Problem]:
    """Everything that is wrong with a file of stacking groups."""
    document = read_marked(text, path)
    stacking = checked(StackingFile, document)
    known = set(known_policies)
    for name, group in stacking.groups.items() if stacking else ():
        for number, policy_id in enumerate(group.policy_ids):
            place = ("groups", name, "policy_ids", number)
            if policy_id not in known or policy_id in group.policy_ids[:number]:
                document.report(
                    document.mark(place),
                    "unknown_policy",
                    (
                        f"没有政策 {policy_id}，或它在组内重复。",
                        f"No policy has the id {policy_id}, or it stands in the group twice.",
                    ),
                    ("写已有的政策 id，每个一次。", "Name each policy once, by an id that exists."),
                    place,
                )
        for key, rule in (("limit_cny", "cap"), ("count", "at_most")):
            if (getattr(group, key) is None) == (group.rule == rule):
                document.report(
                    document.mark(("groups", name, "rule")),
                    "group_figure",
                    (
                        f"{key} 只用于、也必须用于 rule: {rule}。",
                        f"{key} belongs to rule: {rule}, and to no other.",
                    ),
                    (f"补上或删去 {key}。", f"Add or remove {key}."),
                    ("groups", name, key),
                )
    return sorted(document.problems)


def in_force(every: Sequence[Policy], as_of: date) -> tuple[Policy, ...]:
    """The versions that hold on a day."""
    return tuple(
        one
        for one in every
        if one.valid_from <= as_of and (one.valid_until is None or as_of <= one.valid_until)
    )


def _read(text: str, path: Path) -> Policy:
    document = read_marked(text, str(path))
    policy = checked(PolicyFile, document)
    if policy is None:
        raise FileRefused(path, document.problems)
    return policy.value()


def _linted(text: str, path: str) -> tuple[MarkedDocument, PolicyFile | None]:
    document = read_marked(text, path)
    policy = checked(PolicyFile, document)
    if policy is not None:
        lint_policy_file(document, policy)
    return document, policy


def _check_file_name(document: MarkedDocument, policy: PolicyFile, path: Path) -> None:
    if path.stem in {policy.policy_id, f"{policy.policy_id}-{policy.valid_from.year}"}:
        return
    document.report(
        document.mark(("policy_id",)),
        "file_name",
        (
            f"文件名 {path.name} 与政策 id {policy.policy_id} 不一致。",
            f"The file {path.name} is not named for its policy {policy.policy_id}.",
        ),
        (
            f"改名为 {policy.policy_id}.yaml；多个版本时加生效年份。",
            f"Name it {policy.policy_id}.yaml, with the year of valid_from for further versions.",
        ),
        ("policy_id",),
    )


def _check_versions(read: list[tuple[MarkedDocument, PolicyFile]]) -> None:
    ordered = sorted(read, key=lambda pair: (pair[1].policy_id, pair[1].valid_from))
    for (_, earlier), (document, later) in pairwise(ordered):
        if earlier.policy_id != later.policy_id:
            continue
        if earlier.valid_until is None or earlier.valid_until >= later.valid_from:
            document.report(
                document.mark(("valid_from",)),
                "overlapping_versions",
                (
                    f"与 {earlier.valid_from} 起的版本在时间上重叠。",
                    f"Overlaps the version that begins on {earlier.valid_from}.",
                ),
                (
                    "给较早的版本写上 valid_until，且早于本版本生效日。",
                    "Give the earlier version a valid_until before this one's first day.",
                ),
                ("valid_from",),
            )
