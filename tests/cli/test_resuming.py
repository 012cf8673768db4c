"""An interrupted load is carried on with by its id."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from silian.portal.registry.domain.intake import create_job
from silian.portal.registry.models import ImportJob, Organisation


@pytest.mark.django_db
def test_load_resumes_a_job_by_its_id(silian: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("source_key,name\nE1,甲公司\nE2,乙公司\n", "utf-8")
    job = create_job(path, "template:organisation", register_code="city")
    ImportJob.objects.filter(pk=job.pk).update(state="running")
    answer = silian("load", "--resume", job.public_id, "--json")
    [told] = answer.json()
    assert (told["job"], told["state"], told["row_count"]) == (str(job.public_id), "done", 2)
    assert Organisation.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_load_names_the_unfinished_jobs_when_the_id_is_wrong(
    silian: Callable[..., Any], tmp_path: Path, wrong: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("source_key,name\n", "utf-8")
    job = create_job(path, "template:organisation")
    answer = silian("load", "--resume", wrong)
    assert answer.code == 2
    assert str(job.public_id) in answer.err.replace("\n", "")
