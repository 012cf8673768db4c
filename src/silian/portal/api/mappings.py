"""Operations on mappings: which columns of a register are which of our fields."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Schema, Status
from pydantic import Field

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.problems import Refusal
from silian.portal.api.schemas import Input
from silian.portal.registry.domain.mapping_store import delete_mapping, save_mapping
from silian.portal.registry.interfaces.mapping import parse_mapping
from silian.portal.registry.interfaces.mapping_library import (
    EXAMPLE_MAPPING,
    MappingEntry,
    mapping_text,
    mappings,
    shipped,
)
from silian.portal.registry.models import RegisterMapping

router = Router(tags=["导入 Imports"])
_CODE = r"^[-a-zA-Z0-9_]{1,64}$"
_CONTENT_LENGTH_MAX = 200_000
MappingCode = Annotated[
    str, Path(pattern=_CODE, description="Code of the mapping（映射编码）", examples=["city-needs"])
]


class MappingOut(Schema):
    """A mapping that a file can be read with."""

    code: str = Field(examples=["city-needs"])
    name_zh: str
    name_en: str
    origin: Literal["template", "stored", "shipped"]
    kinds: list[str] = Field(description="Kinds of records that it makes（记录类型）")
    problem: str = Field(
        "", description="Why it can't be used any more; empty where it can（问题）"
    )


class MappingFull(MappingOut):
    """A mapping with its text."""

    content: str = Field(description="YAML, as it was sent（映射原文）")


class MappingIn(Input):
    """A mapping's text."""

    content: str = Field(
        min_length=1,
        max_length=_CONTENT_LENGTH_MAX,
        description="YAML as in the guide on loading registers（映射原文）",
        examples=[EXAMPLE_MAPPING],
    )


class MappingChecked(Schema):
    """What a mapping without mistakes would make."""

    code: str
    name: str
    kinds: list[str]


@router.get(
    "/mappings",
    operation_id="list_mappings",
    response=list[MappingOut],
    summary="Mappings 字段映射",
)
def list_mappings(request: HttpRequest) -> Any:
    """Everything a file can be read with: templates, stored mappings and those that ship."""
    return [_values(entry) for entry in mappings()]


@router.post(
    "/mappings/check",
    operation_id="check_mapping",
    response=MappingChecked,
    summary="Check a mapping 检查映射",
)
def check_mapping(request: HttpRequest, payload: MappingIn) -> Any:
    """Check a mapping and store nothing; every mistake comes with its line in ``errors``."""
    spec = parse_mapping(payload.content)
    kinds = list(dict.fromkeys(record.kind for record in spec.records))
    return {"code": spec.code, "name": spec.name, "kinds": kinds}


@router.get(
    "/mappings/{code}",
    operation_id="get_mapping",
    response=MappingFull,
    summary="A mapping 查看映射",
)
def get_mapping(request: HttpRequest, code: MappingCode) -> Any:
    """A stored or shipped mapping with its text; a stored one outweighs one that ships."""
    return _full(code)


@router.put(
    "/mappings/{code}",
    operation_id="store_mapping",
    response={200: MappingFull, 201: MappingFull},
    summary="Store a mapping 保存映射",
)
def store_mapping(
    request: HttpRequest, response: HttpResponse, code: MappingCode, payload: MappingIn
) -> Any:
    """Check a mapping and store it under the code that it names, in the place of a former one."""
    spec = parse_mapping(payload.content)
    if spec.code != code:
        raise Refusal(
            422,
            "mapping_code_differs",
            f"地址中的编码是 {code}，映射里写的是 {spec.code}，两者须一致。",
            f"The address says {code}, the mapping says {spec.code}; both must be the same.",
        )
    is_new = not RegisterMapping.objects.filter(code=code).exists()
    save_mapping(payload.content, viewer_of(request))
    return Status(201 if is_new else 200, _full(code))


@router.delete(
    "/mappings/{code}",
    operation_id="drop_mapping",
    response={204: None},
    summary="Drop a mapping 删除映射",
)
def drop_mapping(request: HttpRequest, code: MappingCode) -> Any:
    """Forget a stored mapping; what was loaded with it stays, and one that ships can't go."""
    if not RegisterMapping.objects.filter(code=code).exists():
        zh = "内置映射不能删除" if code in shipped() else "没有这个已存的映射"
        en = "ships and can't be dropped" if code in shipped() else "is not stored"
        raise Refusal(404, "unknown_mapping", f"{zh}：{code}。", f"The mapping {code} {en}.")
    delete_mapping(code, viewer_of(request))
    return Status(204, None)


def _full(code: str) -> dict[str, Any]:
    content = mapping_text(code)
    entry = next(one for one in mappings() if one.code == code)
    return {**_values(entry), "content": content}


def _values(entry: MappingEntry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "name_zh": entry.name_zh,
        "name_en": entry.name_en,
        "origin": entry.origin,
        "kinds": list(entry.kinds),
        "problem": entry.problem,
    }
