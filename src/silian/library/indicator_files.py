"""Reads and checks the indicator systems of the library, and drafts that editors write."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Literal

from silian.engines.scoring.compiling import compile_system
from silian.engines.scoring.errors import JudgementsInconsistent, JudgementsRefused, SystemRefused
from silian.engines.scoring.values import IndicatorSystem
from silian.library.expression_checks import ExpressionChecks, taken_names
from silian.library.facts import fact_schema
from silian.library.indicator_models import BranchFile, IndicatorFile, NodeFile, SystemFile
from silian.library.marked_yaml import MarkedDocument, Place, read_marked, text_of
from silian.library.model_problems import checked
from silian.library.policy_files import CASES_ENDING
from silian.library.problems import FileRefused, Problem


def indicator_folder() -> Path:
    """Where the library's indicator systems are."""
    return Path(str(resources.files("silian.library") / "indicators"))


def system_paths(folder: Path | None = None) -> tuple[Path, ...]:
    """Every file with an indicator system, in the order of their names."""
    found = (folder or indicator_folder()).rglob("*.yaml")
    return tuple(sorted(path for path in found if not path.name.endswith(CASES_ENDING)))


@cache
def systems() -> tuple[IndicatorSystem, ...]:
    """Every version of every indicator system of the library, by id and first day."""
    read = [_read(path) for path in system_paths()]
    return tuple(sorted(read, key=lambda one: (one.system_id, one.valid_from)))


def load_system(path: Path) -> IndicatorSystem:
    """Read one file and check everything in it.

    Raises
    ------
    FileRefused
        With every problem, its line and its remedy.
    """
    return parse_system(text_of(path), str(path))


def parse_system(text: str, path: str = "") -> IndicatorSystem:
    """Read one system from its text and check everything in it.

    Raises
    ------
    FileRefused
        With every problem, its line and its remedy.
    """
    document, system = _linted(text, path)
    if system is None or document.problems:
        raise FileRefused(path, sorted(document.problems))
    return system.value()


def lint_system(text: str, path: str = "") -> list[Problem]:
    """Everything that is wrong with one file, in the order of its lines."""
    document, _ = _linted(text, path)
    return sorted(document.problems)


def lint_systems(folder: Path | None = None) -> list[Problem]:
    """Everything that is wrong with a folder of systems, also between its files."""
    read: list[tuple[MarkedDocument, SystemFile]] = []
    problems: list[Problem] = []
    for path in system_paths(folder):
        document, system = _linted(text_of(path), str(path))
        problems += document.problems
        if system is not None:
            read.append((document, system))
    ordered = sorted(read, key=lambda pair: (pair[1].system_id, pair[1].valid_from))
    for (_, earlier), (document, later) in pairwise(ordered):
        overlap = earlier.valid_until is None or earlier.valid_until >= later.valid_from
        if earlier.system_id == later.system_id and overlap:
            before = len(document.problems)
            document.report(
                document.mark(("valid_from",)),
                "overlapping_versions",
                (
                    f"与版本 {earlier.version} 在时间上重叠。",
                    f"Overlaps the version {earlier.version}.",
                ),
                (
                    "给较早的版本写上 valid_until，且早于本版本生效日。",
                    "Give the earlier version a valid_until before this one's first day.",
                ),
                ("valid_from",),
            )
            problems += document.problems[before:]
    return sorted(problems)


def _read(path: Path) -> IndicatorSystem:
    document = read_marked(text_of(path), str(path))
    system = checked(SystemFile, document)
    if system is None:
        raise FileRefused(path, document.problems)
    return system.value()


def _linted(text: str, path: str) -> tuple[MarkedDocument, SystemFile | None]:
    document = read_marked(text, path)
    system = checked(SystemFile, document)
    if system is None:
        return document, None
    _check_days(document, system)
    _check_source(document, system)
    _check_names(document, system)
    leaves = list(_leaves(system.indicators, ("indicators",)))
    for place, leaf in leaves:
        _check_scores(document, system, place, leaf)
    if not document.problems:
        _check_expressions(document, system, leaves)
    if not document.problems:
        _check_whole(document, system)
    return document, system


def _leaves(nodes: dict[str, NodeFile], place: Place) -> Iterator[tuple[Place, IndicatorFile]]:
    for name, node in nodes.items():
        if isinstance(node, BranchFile):
            yield from _leaves(node.children, (*place, name, "children"))
        else:
            yield (*place, name), node


def _check_days(document: MarkedDocument, system: SystemFile) -> None:
    if system.valid_until and system.valid_until < system.valid_from:
        document.report(
            document.mark(("valid_until",)),
            "dates_reversed",
            (
                f"失效日 {system.valid_until} 早于生效日 {system.valid_from}。",
                f"valid_until {system.valid_until} is before valid_from {system.valid_from}.",
            ),
            ("核对两个日期。", "Hold both days against the document."),
            ("valid_until",),
        )


def _check_source(document: MarkedDocument, system: SystemFile) -> None:
    if system.official and not (system.source.link or system.source.document_number):
        document.report(
            document.mark(("source",), of_key=True),
            "source_not_traceable",
            (
                "官方体系的出处既没有文号也没有网址。",
                "The source of an official system has neither a document number nor a link.",
            ),
            ("至少写一样，读者才能找到原文。", "Write one of them, so that readers find the text."),
            ("source",),
        )
    elif system.source.verified and not system.source.link:
        document.report(
            document.mark(("source", "verified")),
            "verified_without_link",
            (
                "verified 为 true，却没有写读到它的网址。",
                "verified is true, but no link says where it was read.",
            ),
            (
                "写上 link；没有读过网上公布的文本就写 verified: false。",
                "Write link, or verified: false where no published copy was read.",
            ),
            ("source", "verified"),
        )


def _check_names(document: MarkedDocument, system: SystemFile) -> None:
    taken = taken_names(system.subject)
    for name in system.lets:
        if name in taken:
            document.report(
                document.mark(("lets", name), of_key=True),
                "name_taken",
                (f"名字 {name} 已用于事实。", f"The name {name} already belongs to a fact."),
                ("换一个名字。", "Choose another name."),
                ("lets", name),
            )


def _check_scores(
    document: MarkedDocument, system: SystemFile, place: Place, leaf: IndicatorFile
) -> None:
    full = leaf.full_score
    if full is not None and system.weighting.method != "given" and not leaf.bonus:
        document.report(
            document.mark((*place, "full_score")),
            "weight_given_twice",
            (
                f"权重由 {system.weighting.method} 导出，不能再写 full_score。",
                f"Weights are derived by {system.weighting.method}; full_score gives another.",
            ),
            ("删去 full_score，或用 method: given。", "Remove full_score, or use method: given."),
            (*place, "full_score"),
        )
    for number, band in enumerate(leaf.normalisation.bands):
        at: Place = (*place, "normalisation", "bands", number)
        single = isinstance(full, int | float) and full > 0
        if (band.points is None) == (band.share is None) or (
            band.points is not None and not single
        ):
            document.report(
                document.mark(at),
                "band_points",
                (
                    "每档写 points（须有单一 full_score）或 share 之一。",
                    "A band has points (with one full_score) or a share.",
                ),
                ("改成其中一种。", "Write one of them."),
                at,
            )
        elif band.points is not None and not 0 <= band.points <= float(full):  # type: ignore[arg-type]
            document.report(
                document.mark((*at, "points")),
                "band_points",
                (
                    f"该档 {band.points} 分超出 0 至满分 {full}。",
                    f"The band has {band.points} points; 0 to {full} are possible.",
                ),
                ("核对分值与满分。", "Hold points and full_score against the source."),
                (*at, "points"),
            )


def _check_expressions(
    document: MarkedDocument, system: SystemFile, leaves: list[tuple[Place, IndicatorFile]]
) -> None:
    checks = ExpressionChecks(
        document, fact_schema(system.subject), subject=system.subject, figures_allowed=True
    )
    names = list(system.lets)
    for number, (name, let) in enumerate(system.lets.items()):
        checks.later_names = tuple(names[number:])
        checks.let(("lets", name, "expression"), name, let.expression)
    checks.later_names = ()
    for name, expression in system.stages.items():
        checks.check(("stages", name), expression, "boolean")
    for name, path in system.direct_paths.items():
        checks.check(("direct_paths", name, "expression"), path.expression, "boolean")
    for place, leaf in leaves:
        if leaf.expression is not None:
            wanted: Literal["number", "boolean"] = (
                "boolean" if leaf.normalisation.method == "boolean" else "number"
            )
            checks.check((*place, "expression"), leaf.expression, wanted)


def _check_whole(document: MarkedDocument, system: SystemFile) -> None:
    """What only the engine sees: ids used twice, bands out of order, anchors, judgements."""
    try:
        compile_system(system.value(), fact_schema(system.subject), as_of=system.valid_from)
    except (SystemRefused, JudgementsRefused, JudgementsInconsistent) as refusal:
        said = str(refusal).split(": ", 1)[-1]
        place = _place_of(document, str(refusal.details.get("place", "")))
        document.report(
            document.mark(place, of_key=True),
            refusal.code,
            (f"体系自身不成立：{said}", f"The system doesn't hold together: {said}"),
            ("按提示改正该指标。", "Mend this indicator as the message says."),
            place,
        )


def _place_of(document: MarkedDocument, named: str) -> Place:
    """The place in the file of an indicator, branch or section that the engine named."""
    parts = named.split(".")
    attribute = parts.pop() if parts[-1] in IndicatorFile.model_fields else ""
    for key in document.keys:
        if key[-1] == parts[-1] and key[0] == "indicators":
            within = (*key, attribute)
            return within if within in document.keys else key
    return (parts[0],) if (parts[0],) in document.keys else ()
