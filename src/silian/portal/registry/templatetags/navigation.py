"""The menus: each entry stands there only if the permission table lets the viewer in."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

from silian.portal.accounts.domain.access import ROUTE_ACTIONS, allowed, viewer_of
from silian.portal.bilingual import choose

register = template.Library()

Row = tuple[str, str, str]
# An entry is a route with its name, or a name with entries below it.
_MENU: tuple[Row | tuple[str, str, tuple[Row, ...]], ...] = (
    ("exchange:need_list", "需求清单", "Needs"),
    ("exchange:supply_list", "供给清单", "Supply"),
    ("exchange:my_matches", "我的匹配", "My matches"),
    ("industry:policy_list", "政策", "Policies"),
    (
        "企业服务",
        "Enterprise",
        (
            ("exchange:diagnosis_latest", "企业诊断", "Diagnosis"),
            ("industry:entitlements", "可享政策", "Entitlements"),
            ("industry:scores", "评价得分", "Scores"),
            ("industry:facts", "年度数据", "Yearly facts"),
            ("industry:applications", "政策申报", "Applications"),
            ("exchange:diagnosis_list", "诊断清单", "All diagnoses"),
            ("exchange:visit_list", "走访", "Visits"),
            ("exchange:look_backs", "诊断回看", "Look-backs"),
        ),
    ),
    (
        "全市分析",
        "City",
        (
            ("industry:ladder", "企业梯队", "Ladder"),
            ("industry:city_policies", "政策受益", "Policies over the city"),
            ("industry:ranking", "评价排名", "Rankings"),
            ("industry:subject_ranking", "机构排名", "Agencies ranked"),
            ("industry:policy_drafts", "政策草案", "Policy drafts"),
            ("industry:scenario_list", "政策推演", "What if"),
            ("exchange:diagnosis_runs", "批量诊断", "Diagnosis runs"),
            ("industry:facts_overview", "数据覆盖", "Facts coverage"),
        ),
    ),
    (
        "图谱",
        "Graph",
        (
            ("insight:graph", "图谱浏览", "Explorer"),
            ("insight:path", "关系路径", "Paths"),
            ("insight:conflicts", "利益冲突核查", "Conflicts of interest"),
            ("insight:portraits", "画像", "Portraits"),
            ("insight:teams", "人才团队", "Teams"),
            ("insight:chain_list", "产业链", "Industry chains"),
            ("insight:map", "人才地图", "Talent map"),
            ("insight:talent_gaps", "岗位与人才", "Positions and people"),
            ("registry:identity_queue", "归并复核", "Who is who"),
        ),
    ),
    ("registry:import_list", "数据导入", "Imports"),
)
_ACCOUNT_MENU = (
    ("accounts:profile", "个人资料", "Profile"),
    ("accounts:api_keys", "接口密钥", "API keys"),
    ("registry:templates", "导入模板", "Import templates"),
    ("registry:mapping_list", "字段映射", "Register mappings"),
    ("accounts:users", "用户管理", "Users"),
    ("audit:entries", "审计日志", "Audit log"),
    ("admin:index", "后台管理", "Admin site"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One link of a menu."""

    url: str
    label: str
    current: bool
    below: tuple["MenuEntry", ...] = ()


def _entries(context: dict[str, Any], rows: tuple[Row, ...]) -> list[MenuEntry]:
    request = context.get("request")
    if request is None:
        return []
    viewer = viewer_of(request)
    entries = []
    for route, zh, en in rows:
        action = ROUTE_ACTIONS.get(route, "admin.use")
        if allowed(viewer, action):
            url = reverse(route)
            entries.append(
                MenuEntry(url=url, label=choose(zh, en), current=request.path.startswith(url))
            )
    return entries


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> list[MenuEntry]:
    """Main menu of this viewer; a name without anything below it is left out."""
    found: list[MenuEntry] = []
    for row in _MENU:
        if isinstance(row[2], str):
            found += _entries(context, (row,))
            continue
        below = tuple(_entries(context, row[2]))
        if below:
            current = any(entry.current for entry in below)
            found.append(
                MenuEntry(url="", label=choose(row[0], row[1]), current=current, below=below)
            )
    return found


@register.simple_tag(takes_context=True)
def account_menu(context: dict[str, Any]) -> list[MenuEntry]:
    """Menu under the user's name."""
    return _entries(context, _ACCOUNT_MENU)


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], action: str, record: Any = None) -> bool:
    """Whether this viewer may do the act, to the record if one is given."""
    request = context.get("request")
    return request is not None and allowed(viewer_of(request), action, record)
