"""Which words name an object."""

import pytest

from silian.engines.matching.clarity import assess_clarity
from silian.library.loading import clarity_rules


@pytest.mark.parametrize(
    ("title", "state"),
    [
        # Two characters name a family, three a thing; a carrier makes them one.
        ("电机", "weak"),
        ("减速器", "present"),
        ("镀铬工艺", "present"),
        ("赤泥处理", "present"),
        ("AI", "weak"),
        ("AI芯片", "present"),
        ("gearbox", "weak"),
        ("gearbox noise", "present"),
        # General words stay general when they are put together.
        ("产品质量提升", "missing"),
        ("关键核心技术攻关", "missing"),
        ("管理服务平台系统", "missing"),
        ("Advanced technology solutions", "missing"),
        # Whole fields say where to look, not what for.
        ("新材料", "weak"),
        ("人工智能", "weak"),
        ("人工智能质检相机", "present"),
        ("新能源电池", "present"),
        ("物联网平台", "weak"),
        # Quantities and standards are no objects.
        ("ISO 9001 认证", "missing"),
        ("30MPa 5% 200℃", "missing"),
        ("某某新材料有限公司技术需求", "missing"),
        ("", "missing"),
    ],
)
def test_objects_are_told_from_general_words(title: str, state: str) -> None:
    assert assess_clarity(title, rules=clarity_rules()).findings[0].state == state


def test_the_phrase_is_marked_with_what_belongs_to_it() -> None:
    found = assess_clarity("寻求高温合金叶片精密铸造技术", rules=clarity_rules()).findings[0]
    assert [span.text for span in found.spans] == ["高温合金叶片精密铸造技术"]
