"""The file of an import job, and the mapping that reads it."""

from functools import lru_cache
from itertools import islice
from pathlib import Path

from silian.errors import EngineError
from silian.identifiers import UnknownKind
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.upsert import register_of
from silian.portal.registry.interfaces.mapped_rows import RowMapper
from silian.portal.registry.interfaces.mapping_library import TEMPLATE_PREFIX, find_mapping
from silian.portal.registry.interfaces.template_rows import TemplateMapper
from silian.portal.registry.models import ImportJob, Register

Mapper = RowMapper | TemplateMapper

_ROWS_LOOKED_AT = 200  # rows of JSON name their columns one by one


def mapper_of(job: ImportJob, *, quick: bool = False) -> Mapper:
    """The job's mapping, ready for its file.

    Parameters
    ----------
    quick
        Don't look for repeated values, which reads the whole file: for a look at its columns.
    """
    path = Path(job.stored_path)
    if job.mapping_code.startswith(TEMPLATE_PREFIX):
        return TemplateMapper(template_kind(job.mapping_code), path)
    companions = {Path(other).name: Path(other) for other in job.companion_paths}
    spec = find_mapping(job.mapping_code)
    if quick:
        spec = spec.model_copy(update={"unique": type(spec.unique)()})
    return RowMapper(spec, path, companions)


def register_of_job(job: ImportJob) -> Register:
    """The register of the job's records, with the name that the mapping gives it."""
    if job.mapping_code.startswith(TEMPLATE_PREFIX):
        return register_of(job.register_code)
    spec = find_mapping(job.mapping_code)
    return register_of(job.register_code, spec.name, name_en=spec.name_en, publisher=spec.publisher)


def template_kind(mapping_code: str) -> str:
    """Kind of a mapping ``template:<kind>``.

    Raises
    ------
    UnknownKind
        If it isn't kept.
    """
    kind = mapping_code.removeprefix(TEMPLATE_PREFIX)
    if kind not in KINDS:
        raise UnknownKind(
            f"record kind is {kind!r}; expected one of {', '.join(KINDS)}.", kind=kind
        )
    return kind


def columns_of(job: ImportJob) -> tuple[str, ...]:
    """The columns of the job's file in its order; none where it can't be read any more.

    A rejected row is kept as JSON, in which PostgreSQL keeps no order.
    """
    return _columns(job.pk, job.file_hash)


@lru_cache(maxsize=64)
def _columns(job_id: int, file_hash: str) -> tuple[str, ...]:
    try:
        mapper = mapper_of(ImportJob.objects.get(pk=job_id), quick=True)
    except (EngineError, OSError):
        return ()
    columns: dict[str, None] = {}
    try:
        for row in islice(mapper.combined(mapper.rows().rows), _ROWS_LOOKED_AT):
            columns.update(dict.fromkeys(row.values))
    except (EngineError, OSError):
        pass  # what was read so far is still the beginning of the order
    finally:
        mapper.close()
    return tuple(columns)
