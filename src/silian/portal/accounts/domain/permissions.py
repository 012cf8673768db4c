"""The one permission table: who may do what, and which route is which act.

Everything that is not listed here is closed. ``tests/portal/accounts`` walks the real routes
and the real API operations and fails where one is missing; ``docs/design/access.md`` shows the
same table to readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ANONYMOUS = "anonymous"
OPERATOR = "operator"
ENTERPRISE = "enterprise"
RESEARCH = "research"
VIEWER = "viewer"
ADVISER = "adviser"
ROLES = (ANONYMOUS, VIEWER, ENTERPRISE, RESEARCH, ADVISER, OPERATOR)

_EVERYBODY = frozenset(ROLES)
_SIGNED_IN = _EVERYBODY - {ANONYMOUS}
_MEMBERS = frozenset({ENTERPRISE, RESEARCH, OPERATOR})
_NOT_OPERATOR = _EVERYBODY - {OPERATOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One act, and who may do it.

    Attributes
    ----------
    roles
        Roles that may do it at all.
    own_records_only
        Roles among them that may do it only to records of their own organisation (or, where
        the thing belongs to a person, to their own).
    """

    action: str
    label_zh: str
    label_en: str
    roles: frozenset[str]
    own_records_only: frozenset[str] = frozenset()


def _row(
    action: str,
    label_zh: str,
    label_en: str,
    roles: frozenset[str],
    *,
    own: bool | frozenset[str] = False,
) -> Permission:
    bound = own if isinstance(own, frozenset) else _NOT_OPERATOR if own else frozenset()
    return Permission(
        action=action,
        label_zh=label_zh,
        label_en=label_en,
        roles=roles,
        own_records_only=roles & bound,
    )


_OPERATOR_ONLY = frozenset({OPERATOR})
_ENTERPRISE_SIDE = frozenset({ENTERPRISE, OPERATOR})
_SERVICE_TEAM = frozenset({ADVISER, OPERATOR})
# Enterprises for themselves, the service team for every enterprise.
_ADVISED = frozenset({ENTERPRISE, ADVISER, OPERATOR})
_ENTERPRISES = frozenset({ENTERPRISE})
_EXPORTERS = _MEMBERS | {ADVISER}

_ROWS = (
    _row("site.home", "首页", "Home page", _EVERYBODY),
    _row("site.language", "切换语言", "Switch language", _EVERYBODY),
    _row("session.sign_in", "登录与退出", "Sign in and out", _EVERYBODY),
    _row("search", "搜索公开记录", "Search what one may see", _EVERYBODY),
    _row("record.read", "查看可见记录", "Read visible records", _EVERYBODY),
    _row("catalogue.read", "查看字段目录与接口文档", "Read field catalogue, API docs", _SIGNED_IN),
    _row("profile.manage", "个人资料", "Own profile", _SIGNED_IN, own=True),
    _row("filter.manage", "保存筛选", "Saved filters", _SIGNED_IN, own=True),
    _row("match.read", "查看匹配与理由", "Read matches and reasons", _SIGNED_IN),
    _row("match.text", "按文字匹配", "Match a free text", _SIGNED_IN),
    _row("match.mine", "我的匹配", "Own matches", _MEMBERS, own=True),
    _row("match.decide", "记录匹配结果", "Record outcomes of matches", _MEMBERS, own=True),
    _row("need.write", "发布与修改需求", "State and edit needs", _ENTERPRISE_SIDE, own=True),
    _row("supply.write", "发布与修改供给", "Offer and edit supplies", _MEMBERS, own=True),
    _row("grant.write", "登记奖补兑现", "Record grants paid", _OPERATOR_ONLY),
    _row("registry.write", "维护单位与地区", "Keep organisations, regions", _OPERATOR_ONLY),
    _row("record.history", "查看修改历史", "Read a record's history", _MEMBERS, own=True),
    _row("list.export", "导出清单", "Export lists", _EXPORTERS),
    _row("template.read", "下载导入模板", "Download import templates", _MEMBERS),
    _row("facts.read", "查看年度数据", "Read yearly facts", _ADVISED, own=_ENTERPRISES),
    _row("facts.write", "申报年度数据", "Declare yearly facts", _ENTERPRISE_SIDE, own=True),
    _row("facts.verify", "核实年度数据", "Verify yearly facts", _OPERATOR_ONLY),
    _row("policy.read", "查看政策", "Read policies", _EVERYBODY),
    _row("policy.draft", "起草与试算政策", "Draft and try policies", _OPERATOR_ONLY),
    _row("policy.publish", "发布政策（双人）", "Publish policies (second person)", _OPERATOR_ONLY),
    _row("entitlement.read", "查看政策匹配", "Read entitlements", _ADVISED, own=_ENTERPRISES),
    _row("entitlement.list", "全市应享与接近名单", "City-wide entitlement lists", _SERVICE_TEAM),
    _row("score.read", "查看评价得分", "Read scores", _ADVISED, own=_ENTERPRISES),
    _row("ranking.read", "查看评价排名", "Read rankings", _SERVICE_TEAM),
    _row(
        "subject.score", "查看机构与设施评价", "Scores of agencies, facilities", _MEMBERS, own=True
    ),
    _row("subject.rank", "机构与设施排名", "Rank agencies and facilities", _OPERATOR_ONLY),
    _row("ladder.read", "查看企业梯队", "Read the ladder of enterprises", _SIGNED_IN),
    _row("scenario.read", "查看政策推演", "Read what-if scenarios", _OPERATOR_ONLY),
    _row("scenario.run", "政策推演", "Run what-if scenarios", _OPERATOR_ONLY),
    _row("diagnosis.read", "查看企业诊断", "Read diagnoses", _ADVISED, own=_ENTERPRISES),
    _row("diagnosis.make", "生成企业诊断", "Make diagnoses", _ADVISED, own=_ENTERPRISES),
    _row("diagnosis.advise", "诊断结论转办", "Act on findings", _ADVISED, own=_ENTERPRISES),
    _row("diagnosis.work", "跟进与修改诊断", "Work on diagnoses", _SERVICE_TEAM),
    _row("diagnosis.sign", "签发诊断", "Sign diagnoses", _SERVICE_TEAM),
    _row("diagnosis.run", "批量诊断", "Diagnose all enterprises", _OPERATOR_ONLY),
    _row("visit.read", "查看走访", "Read visits", _ADVISED, own=_ENTERPRISES),
    _row("visit.manage", "安排与记录走访", "Plan and report visits", _SERVICE_TEAM),
    _row("graph.read", "浏览知识图谱", "Explore the knowledge graph", _EVERYBODY),
    _row("graph.keep", "保存图谱视图", "Keep views of the graph", _SIGNED_IN, own=True),
    _row("graph.manage", "生成与导出整个图谱", "Build and export the whole graph", _OPERATOR_ONLY),
    _row("conflict.read", "核查利益冲突", "Check conflicts of interest", _SERVICE_TEAM),
    _row("portrait.read", "查看画像", "Read portraits", _EVERYBODY),
    _row("portrait.export", "下载画像", "Download portraits", _SIGNED_IN),
    _row(
        "portrait.note", "更正与隐藏本人（本单位）标签", "Own portrait's tags", _SIGNED_IN, own=True
    ),
    _row("talent.read", "查看人才图谱", "Read the talent graph", _SIGNED_IN),
    _row("application.write", "准备政策申报", "Prepare applications", _ENTERPRISE_SIDE, own=True),
    _row("api_key.manage", "管理接口密钥", "Keep API keys", _MEMBERS, own=True),
    _row("import.read", "查看导入任务与拒收行", "Read import jobs and rejects", _OPERATOR_ONLY),
    _row("import.run", "导入与修正重放", "Import, mend and replay", _OPERATOR_ONLY),
    _row("import.undo", "撤销导入", "Take back an import", _OPERATOR_ONLY),
    _row("chain.read", "查看产业链", "Read industry chains", _EVERYBODY),
    _row("chain.scenario", "推演产业链", "Take nodes or firms away", _SIGNED_IN),
    _row("chain.decide", "判定环节归属", "Decide who stands at a node", _SERVICE_TEAM),
    _row("chain.target", "维护目标产业链", "Keep target chains", _OPERATOR_ONLY),
    _row("identity.read", "查看归并复核", "Read who is who", _OPERATOR_ONLY),
    _row("identity.decide", "归并与拆分登记", "Decide who is who", _OPERATOR_ONLY),
    _row("identity.run", "运行归并", "Resolve all records", _OPERATOR_ONLY),
    _row("mapping.manage", "维护字段映射", "Keep register mappings", _OPERATOR_ONLY),
    _row("user.manage", "管理用户", "Keep users", _OPERATOR_ONLY),
    _row("map.read", "查看人才地图", "Read the talent map", _EVERYBODY),
    _row("map.run", "匹配全部需求", "Match all open needs", _OPERATOR_ONLY),
    _row("index.read", "查看索引状态", "Read the index status", _OPERATOR_ONLY),
    _row("ranker.train", "训练排序模型", "Train the ranker", _OPERATOR_ONLY),
    _row("audit.read", "查看审计日志", "Read the audit log", _OPERATOR_ONLY),
    _row("admin.use", "后台管理", "Use the admin site", _OPERATOR_ONLY),
)

TABLE: Mapping[str, Permission] = MappingProxyType({row.action: row for row in _ROWS})
PERMISSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {row.action: row.roles for row in _ROWS}
)

#: Which act it is to create or change a record of a kind.
WRITE_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "need": "need.write",
        "achievement": "supply.write",
        "patent": "supply.write",
        "project": "supply.write",
        "publication": "supply.write",
        "facility": "supply.write",
        "platform": "supply.write",
        "service_agency": "supply.write",
        "person": "supply.write",
        "affiliation": "supply.write",
        "enterprise_year": "facts.write",
        "service_agency_year": "supply.write",
        "facility_year": "supply.write",
        "grant": "grant.write",
        "organisation": "registry.write",
        "region": "registry.write",
        "chain_node": "registry.write",
        "chain_link": "registry.write",
        "chain_member": "registry.write",
    }
)

#: Every page by its url name, every API operation by ``api:`` and its operation id.
ROUTE_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "home": "site.home",
        "set_language": "site.language",
        "search": "search",
        "accounts:sign_in": "session.sign_in",
        "accounts:sign_out": "session.sign_in",
        "accounts:profile": "profile.manage",
        "accounts:api_keys": "api_key.manage",
        "accounts:users": "user.manage",
        "exchange:need_list": "record.read",
        "exchange:need_detail": "record.read",
        "exchange:need_new": "need.write",
        "exchange:need_edit": "need.write",
        "exchange:need_clarity": "need.write",
        "exchange:need_matches": "match.read",
        "exchange:match_export": "list.export",
        "exchange:supply_list": "record.read",
        "exchange:record_detail": "record.read",
        "exchange:record_matches": "match.read",
        "exchange:supply_new": "supply.write",
        "exchange:supply_edit": "supply.write",
        "exchange:why_not": "match.read",
        "exchange:outcome": "match.decide",
        "exchange:outcome_withdraw": "match.decide",
        "exchange:outcome_restore": "match.decide",
        "exchange:outcome_correct": "match.decide",
        "exchange:saved_filter_save": "filter.manage",
        "exchange:saved_filter_delete": "filter.manage",
        "exchange:list_export": "list.export",
        "exchange:my_matches": "match.mine",
        "registry:organisation_detail": "record.read",
        "registry:person_detail": "record.read",
        "registry:identity_queue": "identity.read",
        "registry:identity_export": "identity.read",
        "registry:identity_pair": "identity.read",
        "registry:identity_decide": "identity.decide",
        "registry:identity_split": "identity.decide",
        "registry:identity_decisions": "identity.read",
        "registry:identity_decisions_export": "identity.read",
        "registry:identity_withdraw": "identity.decide",
        "registry:identity_runs": "identity.read",
        "registry:identity_run_start": "identity.run",
        "registry:identity_run_progress": "identity.read",
        "registry:import_list": "import.read",
        "registry:import_new": "import.run",
        "registry:draft_upload": "import.run",
        "registry:import_draft": "import.run",
        "registry:mapping_draft": "import.run",
        "registry:import_detail": "import.read",
        "registry:import_progress": "import.read",
        "registry:undo_request": "import.undo",
        "registry:undone_download": "import.read",
        "registry:rejects_download": "import.read",
        "registry:rejects_upload": "import.run",
        "registry:reject_edit": "import.run",
        "registry:template_download": "template.read",
        "registry:templates": "template.read",
        "registry:mapping_list": "mapping.manage",
        "registry:mapping_new": "mapping.manage",
        "registry:mapping_edit": "mapping.manage",
        "industry:policy_list": "policy.read",
        "industry:policy_list_export": "policy.read",
        "industry:policy_detail": "policy.read",
        "industry:facts": "facts.read",
        "industry:facts_edit": "facts.write",
        "industry:facts_verify": "facts.verify",
        "industry:facts_download": "facts.read",
        "industry:entitlements": "entitlement.read",
        "industry:entitlements_export": "entitlement.read",
        "industry:joint_plan": "entitlement.read",
        "industry:scores": "score.read",
        "industry:score_detail": "score.read",
        "industry:score_sensitivity": "score.read",
        "industry:score_export": "score.read",
        "industry:subject_ranking": "subject.rank",
        "industry:subject_ranking_export": "subject.rank",
        "industry:subject_score": "subject.score",
        "industry:subject_facts_new": "supply.write",
        "industry:applications": "entitlement.read",
        "industry:applications_export": "entitlement.read",
        "industry:application_detail": "entitlement.read",
        "industry:application_new": "application.write",
        "industry:application_act": "application.write",
        "exchange:diagnosis_latest": "diagnosis.read",
        "exchange:diagnosis_new": "diagnosis.make",
        "exchange:diagnosis_detail": "diagnosis.read",
        "exchange:diagnosis_file": "diagnosis.read",
        "exchange:diagnosis_advise": "diagnosis.advise",
        "exchange:diagnosis_take_up": "diagnosis.work",
        "exchange:diagnosis_sign": "diagnosis.sign",
        "exchange:finding_edit": "diagnosis.work",
        "exchange:finding_add": "diagnosis.work",
        "exchange:visit_plan": "visit.manage",
        "industry:city_policies": "entitlement.list",
        "industry:policy_city": "entitlement.list",
        "industry:policy_city_export": "entitlement.list",
        "industry:near_misses": "entitlement.list",
        "industry:near_misses_export": "entitlement.list",
        "industry:ladder": "ladder.read",
        "industry:candidates": "entitlement.list",
        "industry:candidates_export": "entitlement.list",
        "industry:ranking": "ranking.read",
        "industry:ranking_export": "ranking.read",
        "industry:policy_drafts": "policy.draft",
        "industry:policy_draft_new": "policy.draft",
        "industry:policy_draft_edit": "policy.draft",
        "industry:policy_draft_try": "policy.draft",
        "industry:policy_draft_history": "policy.draft",
        "industry:policy_draft_propose": "policy.draft",
        "industry:policy_draft_publish": "policy.publish",
        "industry:policy_draft_withdraw": "policy.draft",
        "industry:policy_draft_keep": "policy.publish",
        "industry:scenario_list": "scenario.read",
        "industry:scenario_new": "scenario.run",
        "industry:scenario_detail": "scenario.read",
        "industry:scenario_progress": "scenario.read",
        "industry:scenario_run": "scenario.run",
        "industry:scenario_export": "scenario.read",
        "industry:facts_overview": "facts.verify",
        "exchange:diagnosis_list": "diagnosis.read",
        "exchange:diagnosis_runs": "diagnosis.run",
        "exchange:diagnosis_run": "diagnosis.run",
        "exchange:diagnosis_run_progress": "diagnosis.run",
        "exchange:diagnosis_run_cancel": "diagnosis.run",
        "exchange:diagnosis_run_resume": "diagnosis.run",
        "exchange:visit_list": "visit.read",
        "exchange:visit_new": "visit.manage",
        "exchange:visit_edit": "visit.read",
        "exchange:look_backs": "diagnosis.work",
        "exchange:look_back": "diagnosis.work",
        "insight:graph": "graph.read",
        "insight:graph_find": "graph.read",
        "insight:graph_part": "graph.read",
        "insight:graph_analysis": "graph.read",
        "insight:graph_export": "list.export",
        "insight:graph_save": "graph.keep",
        "insight:graph_view": "graph.read",
        "insight:graph_view_delete": "graph.keep",
        "insight:graph_near": "graph.read",
        "insight:path": "graph.read",
        "insight:conflicts": "conflict.read",
        "insight:chain_list": "chain.read",
        "insight:chain_pick": "chain.read",
        "insight:chain_new": "chain.target",
        "insight:chain_gaps": "chain.read",
        "insight:chain_gaps_export": "list.export",
        "insight:chain_scenario": "chain.scenario",
        "insight:chain_scenario_export": "list.export",
        "insight:chain_position": "chain.read",
        "insight:chain_node": "chain.read",
        "insight:chain_node_panel": "chain.read",
        "insight:chain_decide": "chain.decide",
        "insight:chain_around": "chain.read",
        "insight:chain_around_export": "list.export",
        "insight:chain": "chain.read",
        "insight:chain_export": "list.export",
        "insight:chain_edit": "chain.target",
        "insight:chain_delete": "chain.target",
        "insight:map": "map.read",
        "insight:map_outlines": "map.read",
        "insight:map_export": "list.export",
        "insight:map_run": "map.run",
        "insight:portraits": "portrait.read",
        "insight:portrait": "portrait.read",
        "insight:portrait_file": "portrait.export",
        "insight:tag_note": "portrait.note",
        "insight:tag_note_withdraw": "portrait.note",
        "insight:talent": "talent.read",
        "insight:teams": "talent.read",
        "insight:need_paths": "talent.read",
        "insight:talent_gaps": "talent.read",
        "insight:talent_gaps_export": "list.export",
        "audit:entries": "audit.read",
        "api:openapi-json": "catalogue.read",
        "api:openapi-view": "catalogue.read",
        "api:api-root": "catalogue.read",
        "api:list_kinds": "catalogue.read",
        "api:get_kind": "catalogue.read",
        "api:list_records": "record.read",
        "api:get_record": "record.read",
        # Which kind is written decides further: WRITE_ACTIONS, asked inside the operation.
        "api:create_record": "supply.write",
        "api:update_record": "supply.write",
        "api:record_history": "record.history",
        "api:search": "search",
        "api:search_text": "search",
        "api:match_text": "match.text",
        "api:match_need": "match.read",
        "api:match_supply": "match.read",
        "api:explain_match": "match.read",
        "api:why_not": "match.read",
        "api:need_clarity": "match.read",
        "api:list_outcomes": "match.mine",
        "api:record_outcome": "match.decide",
        "api:withdraw_outcome": "match.decide",
        "api:restore_outcome": "match.decide",
        "api:correct_outcome": "match.decide",
        "api:list_identity_links": "identity.read",
        "api:get_identity_link": "identity.read",
        "api:get_subject": "record.read",
        "api:list_identity_decisions": "identity.read",
        "api:decide_identity": "identity.decide",
        "api:withdraw_identity_decision": "identity.decide",
        "api:list_identity_runs": "identity.read",
        "api:start_identity_run": "identity.run",
        "api:list_import_jobs": "import.read",
        "api:create_import_job": "import.run",
        "api:draft_mapping": "import.run",
        "api:get_import_job": "import.read",
        "api:list_rejects": "import.read",
        "api:download_rejects": "import.read",
        "api:replay_reject": "import.run",
        "api:undo_import": "import.undo",
        "api:list_undone_records": "import.read",
        "api:download_undone_records": "import.read",
        "api:list_mappings": "mapping.manage",
        "api:check_mapping": "mapping.manage",
        "api:get_mapping": "mapping.manage",
        "api:store_mapping": "mapping.manage",
        "api:drop_mapping": "mapping.manage",
        "api:download_template": "template.read",
        "api:export_records": "list.export",
        "api:list_regions": "record.read",
        "api:index_status": "index.read",
        "api:get_map": "map.read",
        "api:get_map_geojson": "map.read",
        "api:get_map_flows": "map.read",
        "api:list_unmet_needs": "match.read",
        "api:list_policies": "policy.read",
        "api:get_policy": "policy.read",
        "api:list_entitled": "entitlement.list",
        "api:list_near_misses": "entitlement.list",
        "api:list_indicator_systems": "policy.read",
        "api:get_ranking": "ranking.read",
        "api:get_ladder": "ladder.read",
        "api:get_facts": "facts.read",
        "api:declare_facts": "facts.write",
        "api:verify_facts": "facts.verify",
        "api:get_entitlements": "entitlement.read",
        "api:get_gaps": "entitlement.read",
        "api:get_joint_plan": "entitlement.read",
        "api:get_scores": "score.read",
        "api:graph_status": "graph.read",
        "api:get_graph_node": "graph.read",
        "api:graph_neighbourhood": "graph.read",
        "api:graph_paths": "graph.read",
        "api:graph_bridges": "graph.read",
        "api:graph_communities": "graph.read",
        "api:graph_views": "graph.keep",
        "api:keep_graph_view": "graph.keep",
        "api:get_graph_view": "graph.read",
        "api:drop_graph_view": "graph.keep",
        "api:graph_similar": "graph.read",
        "api:graph_partners": "graph.read",
        "api:graph_conflicts": "conflict.read",
        "api:export_graph": "graph.manage",
        "api:get_portrait": "portrait.read",
        "api:download_portrait": "portrait.export",
        "api:note_tag": "portrait.note",
        "api:withdraw_tag_note": "portrait.note",
        "api:get_talent_network": "talent.read",
        "api:list_teams": "talent.read",
        "api:get_need_ways": "talent.read",
        "api:get_talent_gaps": "talent.read",
        "api:list_diagnoses": "diagnosis.read",
        "api:make_diagnosis": "diagnosis.make",
        "api:get_diagnosis": "diagnosis.read",
        "api:download_diagnosis": "diagnosis.read",
        "api:act_on_finding": "diagnosis.advise",
        "api:list_target_chains": "chain.read",
        "api:get_target_chain": "chain.read",
        "api:create_target_chain": "chain.target",
        "api:update_target_chain": "chain.target",
        "api:delete_target_chain": "chain.target",
        "api:find_chain_nodes": "chain.read",
        "api:get_chain_node": "chain.read",
        "api:get_chain_around": "chain.read",
        "api:get_chain_fillers": "chain.read",
        "api:list_chain_gaps": "chain.read",
        "api:run_chain_scenario": "chain.scenario",
        "api:list_chain_places": "chain.read",
        "api:decide_chain_place": "chain.decide",
        "api:withdraw_chain_place": "chain.decide",
        "api:list_scenarios": "scenario.read",
        "api:create_scenario": "scenario.run",
        "api:get_scenario": "scenario.read",
    }
)

#: Whole namespaces whose routes other packages make.
NAMESPACE_ACTIONS: Mapping[str, str] = MappingProxyType({"admin": "admin.use"})


def action_of_route(name: str) -> str | None:
    """Act behind a route, ``None`` where the route is not listed (and so closed).

    Examples
    --------
    >>> action_of_route("exchange:need_new"), action_of_route("admin:index")
    ('need.write', 'admin.use')
    """
    if name in ROUTE_ACTIONS:
        return ROUTE_ACTIONS[name]
    return NAMESPACE_ACTIONS.get(name.partition(":")[0]) if ":" in name else None
