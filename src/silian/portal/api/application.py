"""The REST API: its operations together, described in OpenAPI."""

from typing import Any

from ninja import NinjaAPI
from ninja.errors import ValidationError, ValidationErrorContext
from ninja.renderers import JSONRenderer

from silian import __version__
from silian.portal.api import (
    chains,
    diagnoses,
    enterprises,
    files,
    graph,
    graph_network,
    identities,
    imports,
    mappings,
    maps,
    matching,
    outcomes,
    policies,
    portraits,
    records,
    reference,
    undos,
)
from silian.portal.api.authentication import SIGNED_IN, Anybody
from silian.portal.api.problems import Problem, answer_problems_of

_DESCRIPTION = """
四链 silian 的接口：记录、搜索、匹配、导入与导出。

Records, search, matching, imports and exports of silian.

**Who you are.** Send `Authorization: Bearer silian_…` with a key from the account page; it acts
with its role and its organisation. Search and public records need none.

**Errors** are RFC 9457 problem details in Chinese and English; decide by `code`.

**Pages.** Lists go on with `next_cursor` (also in the `Link` header) until it is empty; search is
cut by `offset`.

**Amounts** are yuan, as strings where they leave the server, so that no cent is rounded.
"""

_PROBLEMS = {
    400: "The request is malformed（请求格式有误）",
    401: "No key, or an unknown one（缺少或无效的密钥）",
    403: "Your role may not do this（角色无权操作）",
    404: "No such record, or hidden from you（记录不存在或不可见）",
    413: "Too much at once（内容过大）",
    422: "Values were refused; `errors` names each（内容未通过校验）",
    429: "Too many requests; see `Retry-After`（请求过于频繁）",
    503: "The index can't be asked right now（索引暂不可用）",
}
#: Further answers of single operations.
_OWN_PROBLEMS = {
    "update_record": {412: "Changed since you read it（记录已被他人修改）"},
    "record_outcome": {409: "Comes at the wrong time（与现状冲突）"},
    "decide_identity": {
        409: "An earlier decision or the codes say otherwise（与先前决定或代码矛盾）"
    },
    "withdraw_identity_decision": {409: "Withdrawn before（已撤回）"},
    "undo_import": {409: "Can not be taken back, or not now（不能撤销，或现在不能）"},
    "withdraw_outcome": {409: "Comes at the wrong time（与现状冲突）"},
    "get_record": {304: ""},
}


class PlainRenderer(JSONRenderer):
    """Chinese as it is, not escaped: answers are read by people too."""

    json_dumps_params = {"ensure_ascii": False}


class PortalAPI(NinjaAPI):
    """Adds to every operation's description what every operation may answer."""

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """As the framework's, with what arrived: a sender sees which value was wrong."""
        told: list[dict[str, Any]] = []
        for context in error_contexts:
            source, names = (
                context.model.__ninja_param_source__,
                context.model.__ninja_flatten_map_reverse__,
            )
            for item in context.pydantic_validation_error.errors(include_url=False):
                location = (source, *names.get(item["loc"], item["loc"]))
                told.append({**item, "loc": location})
        return ValidationError(told)

    def get_openapi_schema(self, **options: Any) -> Any:
        """The OpenAPI description, with problems and with who may call."""
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        definitions = schema["components"]["schemas"]["Problem"].pop("$defs", {})
        schema["components"]["schemas"].update(definitions)
        schemes = schema["components"].get("securitySchemes", {})
        schemes.pop(Anybody.__name__, None)
        for path in schema["paths"].values():
            for operation in path.values():
                _complete(operation)
        return schema


def _complete(operation: dict[str, Any]) -> None:
    operation["security"] = [
        {} if Anybody.__name__ in scheme else scheme for scheme in operation.get("security", [])
    ]
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, meaning in {
        **_PROBLEMS,
        **_OWN_PROBLEMS.get(operation["operationId"], {}),
    }.items():
        described = {"description": meaning, "content": content}
        operation["responses"].setdefault(
            status, described if meaning else {"description": "Not modified（未变化）"}
        )


api = PortalAPI(
    title="四链 silian",
    version=__version__,
    description=_DESCRIPTION.strip(),
    urls_namespace="api",
    auth=SIGNED_IN,
    renderer=PlainRenderer(),
)
answer_problems_of(api)
_MODULES = (
    records,
    matching,
    outcomes,
    policies,
    enterprises,
    diagnoses,
    identities,
    maps,
    chains,
    imports,
    undos,
    mappings,
    files,
    graph,
    graph_network,
    reference,
    portraits,
)
for module in _MODULES:
    api.add_router("", module.router)
