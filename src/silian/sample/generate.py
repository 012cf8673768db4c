"""Generate the sample city: rows by kind, graded pairs, and files of both."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from silian.errors import EngineError
from silian.sample.actors import (
    affiliation_rows,
    organisation_rows,
    person_rows,
    region_rows,
)
from silian.sample.chains import chain_link_rows, chain_member_rows, chain_node_rows
from silian.sample.duplicates import Identity, park_directory
from silian.sample.grants import grant_rows
from silian.sample.needs import need_rows
from silian.sample.outcomes import outcome_rows
from silian.sample.places import agency_rows, facility_rows, platform_rows
from silian.sample.relevance import KEY_PREFIXES, Grader, Relevance
from silian.sample.setting import Setting
from silian.sample.size import CitySize, city_size
from silian.sample.subject_years import agency_year_rows, facility_year_rows
from silian.sample.works import achievement_rows, patent_rows, project_rows, publication_rows
from silian.sample.years import enterprise_year_rows

Row = dict[str, Any]
Progress = Callable[[str, int], None]

# Every kind after those that its keys point to, so that rows can be loaded in this order.
ROW_MAKERS: Mapping[str, Callable[[Setting], Iterator[Row]]] = {
    "region": region_rows,
    "organisation": organisation_rows,
    "person": person_rows,
    "affiliation": affiliation_rows,
    "platform": platform_rows,
    "facility": facility_rows,
    "service_agency": agency_rows,
    "achievement": achievement_rows,
    "patent": patent_rows,
    "project": project_rows,
    "publication": publication_rows,
    "need": need_rows,
    "enterprise_year": enterprise_year_rows,
    "service_agency_year": agency_year_rows,
    "facility_year": facility_year_rows,
    "grant": grant_rows,
    "chain_node": chain_node_rows,
    "chain_link": chain_link_rows,
    "chain_member": chain_member_rows,
}
SAMPLE_VERSION = 7
#: File of the second register, and the code that it is loaded under.
PARK_DIRECTORY = "park_directory"
PARK_REGISTER = "sample-parks"
#: File of what was recorded about needs and supplies.
OUTCOMES = "outcomes"
PROGRESS_EVERY = 1000
FORMATS = ("jsonl", "csv")


class UnknownSampleKind(EngineError, LookupError):
    """A kind that the sample city has no rows of."""

    code = "unknown_sample_kind"


class UnknownSampleFormat(EngineError, LookupError):
    """A file format that the sample city is not written in."""

    code = "unknown_sample_format"


def _ignore(kind: str, done: int) -> None:
    """No progress wanted."""


class City:
    """A generated city.

    The latent structure is held in memory (a few small numbers for each record); the texts are
    made while rows are read, and each reading gives the same rows.

    Parameters
    ----------
    size
        Counts by kind.
    seed
        Seed of the city, >= 0.
    """

    def __init__(self, size: CitySize, seed: int) -> None:
        self.size, self.seed = size, seed
        self._setting = Setting(size, seed)
        self._grader = Grader(self._setting.frame)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record kinds, each after those that it refers to."""
        return tuple(ROW_MAKERS)

    def rows(self, kind: str) -> Iterator[Row]:
        """Rows of one kind as plain dicts, in the order of their keys.

        Raises
        ------
        UnknownSampleKind
            If the city has no such kind.
        """
        if kind not in ROW_MAKERS:
            raise UnknownSampleKind(
                f"kind is {kind!r}; expected one of {', '.join(ROW_MAKERS)}.", kind=kind
            )
        return ROW_MAKERS[kind](self._setting)

    def park_directory(self) -> Iterator[Row]:
        """Organisations as the parks' own directory lists them: the second register."""
        return (row for row, _ in park_directory(self._setting))

    def identities(self) -> Iterator[Identity]:
        """What every row of the parks' directory truly is."""
        return (one for _, one in park_directory(self._setting))

    def outcomes(self) -> Iterator[Row]:
        """What was recorded about needs and supplies: contacts, refusals and contracts."""
        return outcome_rows(self._setting, self._grader)

    def relevance(self) -> Iterator[Relevance]:
        """Graded pairs of the first ``size.graded_need_count`` needs."""
        return self._grader.graded(self.seed, self.size.graded_need_count)

    def level(self, need_key: str, supply_kind: str, supply_key: str) -> int:
        """True relevance, 1 to 4, of any supply for any need, graded in the file or not.

        Parameters
        ----------
        need_key
            Source key of a need.
        supply_kind
            achievement, person, facility, service_agency, platform, patent, project or
            organisation.
        supply_key
            Source key of the supply.
        """
        return self._grader.level(
            int(need_key.rpartition("-")[2]) - 1,
            supply_kind,
            self._grader.number(supply_kind, supply_key),
        )

    def unmet_need_keys(self) -> list[str]:
        """Needs that nobody in the city can meet."""
        needs = self._setting.frame.needs
        return [f"{KEY_PREFIXES['need']}-{n + 1:06d}" for n, need in enumerate(needs) if need.unmet]

    def unclear_need_keys(self) -> list[str]:
        """Needs that are stated too vaguely for an expert to answer."""
        needs = self._setting.frame.needs
        return [
            f"{KEY_PREFIXES['need']}-{n + 1:06d}" for n, need in enumerate(needs) if not need.clear
        ]


def generate_city(size: str | CitySize = "small", seed: int = 1) -> City:
    """Generate a coherent fictional city.

    Parameters
    ----------
    size
        ``"small"``, ``"medium"``, ``"large"``, or counts of one's own (see ``scaled_size``).
    seed
        Same size and seed, same rows, on every machine.

    Examples
    --------
    >>> city = generate_city("small", seed=1)
    >>> next(city.rows("region"))["name"]
    '澄屿市'
    """
    return City(city_size(size), seed)


def relevance_examples(city: City) -> Iterator[tuple[Row, str, Row, int]]:
    """Graded pairs with their rows: need row, supply kind, supply row, level.

    Holds the rows of graded needs and supplies in memory.
    """
    graded = list(city.relevance())
    wanted: dict[str, set[str]] = {"need": {pair.need_key for pair in graded}}
    for pair in graded:
        wanted.setdefault(pair.supply_kind, set()).add(pair.supply_key)
    found = {
        kind: {row["source_key"]: row for row in city.rows(kind) if row["source_key"] in keys}
        for kind, keys in wanted.items()
    }
    for pair in graded:
        supply = found[pair.supply_kind][pair.supply_key]
        yield found["need"][pair.need_key], pair.supply_kind, supply, pair.level


def _lines(rows: Iterable[Row], file_format: str) -> Iterator[str]:
    if file_format == "jsonl":
        for row in rows:
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        return
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for number, row in enumerate(rows):
        if number == 0:
            writer.writerow(row)
        writer.writerow(
            json.dumps(v, ensure_ascii=False) if isinstance(v, (list, dict)) else v
            for v in row.values()
        )
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _write(path: Path, lines: Iterable[str], kind: str, progress: Progress) -> Row:
    digest, count = hashlib.sha256(), 0
    with path.open("wb") as stream:
        for line in lines:
            data = line.encode()
            stream.write(data)
            digest.update(data)
            count += 1
            if count % PROGRESS_EVERY == 0:
                progress(kind, count)
    progress(kind, count)
    return {"file": path.name, "row_count": count, "sha256": digest.hexdigest()}


def write_city(
    folder: Path | str,
    size: str | CitySize = "small",
    seed: int = 1,
    format: str = "jsonl",
    progress: Progress = _ignore,
) -> Row:
    """Write a city: one file a kind, the parks' directory, the truths and ``manifest.json``.

    ``relevance.csv`` grades needs with supplies; ``identities.csv`` tells which organisation of the
    city each row of ``park_directory`` is, if any. ``outcomes`` holds contacts, refusals and
    contracts.

    Parameters
    ----------
    folder
        Where to; made if absent, files of the same names are replaced.
    size, seed
        As for ``generate_city``.
    format
        ``"jsonl"``, or ``"csv"`` (lists and polygons as JSON in their cells).
    progress
        Called with the kind and the rows written so far, at least once for each kind.

    Returns
    -------
    dict
        What ``manifest.json`` holds: version, size, seed, and for each file its rows and SHA-256.

    Raises
    ------
    UnknownSampleFormat
        If the format is neither.
    """
    if format not in FORMATS:
        raise UnknownSampleFormat(
            f"format is {format!r}; expected one of {', '.join(FORMATS)}.", format=format
        )
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    city = generate_city(size, seed)
    files: dict[str, Row] = {}
    for kind in city.kinds:
        path = target / f"{kind}.{format}"
        files[kind] = _write(path, _lines(city.rows(kind), format), kind, progress)
    directory = target / f"{PARK_DIRECTORY}.{format}"
    lines = _lines(city.park_directory(), format)
    files[PARK_DIRECTORY] = _write(directory, lines, PARK_DIRECTORY, progress)
    lines = _lines(city.outcomes(), format)
    files[OUTCOMES] = _write(target / f"{OUTCOMES}.{format}", lines, OUTCOMES, progress)
    for name, fields, truths in (
        ("relevance", Relevance._fields, city.relevance()),
        ("identities", Identity._fields, city.identities()),
    ):
        header = iter([",".join(fields) + "\n"])
        rows = (",".join(map(str, truth)) + "\n" for truth in truths)
        pieces = (line for part in (header, rows) for line in part)
        files[name] = _write(target / f"{name}.csv", pieces, name, progress)
        files[name]["row_count"] -= 1
    manifest = {
        "version": SAMPLE_VERSION,
        "size": size if isinstance(size, str) else "custom",
        "seed": seed,
        "city": "澄屿市 (fictional)",
        "files": files,
    }
    (target / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return manifest
