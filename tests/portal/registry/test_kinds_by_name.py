"""What an organisation is, where its register doesn't say."""

from typing import Any

from silian.portal.registry.models import Organisation


def kinds() -> dict[str, str]:
    return dict(Organisation.objects.values_list("source_key", "organisation_kind"))


def test_a_file_without_the_column_leaves_it_to_the_names(load: Any) -> None:
    rows = "E1,东海磁材有限公司\nE2,东海大学\nE3,东海磁性材料研究院\nE4,东海\n"

    job = load(f"来源主键,名称\n{rows}", "template:organisation")

    assert kinds() == {
        "E1": "enterprise",
        "E2": "university",
        "E3": "research_institute",
        "E4": "other",
    }
    assert job.notes == {"kind_by_name": 3}


def test_a_stated_kind_is_never_changed(load: Any) -> None:
    load(
        "来源主键,名称,单位类型\nE1,东海有限公司,其他\nE2,东海大学,服务机构\n",
        "template:organisation",
    )
    assert kinds() == {"E1": "other", "E2": "service_agency"}

    load("来源主键,名称\nE1,东海新材料有限公司\nE2,东海理工大学\n", "template:organisation")

    assert kinds() == {"E1": "other", "E2": "service_agency"}


def test_an_empty_cell_says_nothing(load: Any) -> None:
    load("来源主键,名称,单位类型\nE1,东海有限公司,\n", "template:organisation")
    assert kinds() == {"E1": "enterprise"}
