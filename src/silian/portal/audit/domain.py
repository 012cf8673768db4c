"""Write and read the audit trail."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from silian.portal.audit.models import AuditEntry
from silian.portal.bilingual import choose

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


#: What each logged act is called, in Chinese and English.
ACTION_LABELS = {
    "access.denied": ("拒绝访问", "Access denied"),
    "admin.add": ("后台新增", "Added in the admin"),
    "admin.change": ("后台修改", "Changed in the admin"),
    "admin.delete": ("后台删除", "Deleted in the admin"),
    "api_key.create": ("新建接口密钥", "Made an API key"),
    "api_key.revoke": ("吊销接口密钥", "Revoked an API key"),
    "application.prepare": ("准备政策申报", "Prepared an application"),
    "chain.decide": ("判定环节归属", "Decided who stands at a chain node"),
    "chain.target": ("维护目标产业链", "Kept a target chain"),
    "conflict.check": ("核查利益冲突", "Checked a conflict of interest"),
    "diagnosis.advise": ("诊断结论转办", "Acted on a finding"),
    "diagnosis.edit": ("修改诊断结论", "Edited a finding"),
    "diagnosis.export": ("下载诊断报告", "Exported a diagnosis"),
    "diagnosis.look_back": ("诊断回看", "Looked back at a diagnosis"),
    "diagnosis.make": ("生成企业诊断", "Made a diagnosis"),
    "diagnosis.run": ("批量诊断", "Ran diagnoses of many"),
    "diagnosis.sign": ("签发诊断", "Signed a diagnosis"),
    "diagnosis.take_up": ("跟进诊断", "Took up a diagnosis"),
    "entitlement.list": ("调取应享名单", "Listed entitled enterprises"),
    "facts.declare": ("申报年度数据", "Declared facts of a year"),
    "facts.verify": ("核实年度数据", "Verified facts of a year"),
    "graph.export": ("导出知识图谱", "Exported the graph"),
    "identity.decide": ("归并或拆分登记", "Decided who is who"),
    "identity.export": ("导出归并复核", "Exported links or decisions"),
    "identity.postpone": ("暂缓归并复核", "Put a pair off"),
    "identity.run": ("运行归并", "Resolved all records"),
    "identity.withdraw": ("撤回归并决定", "Withdrew a decision"),
    "import.create": ("提交导入", "Sent an import"),
    "import.dismiss": ("忽略拒收行", "Dismissed a refused row"),
    "import.replay": ("修正重放", "Replayed a refused row"),
    "import.run": ("执行导入", "Ran an import"),
    "import.undo": ("撤销导入", "Took back an import"),
    "undo.download": ("下载撤销明细", "Downloaded the records of an undo"),
    "import.undo_asked": ("要求撤销导入", "Asked to take back an import"),
    "entitlement.export": ("导出可享政策", "Exported entitlements"),
    "facts.export": ("导出年度数据", "Exported yearly facts"),
    "score.export": ("导出评价得分", "Exported a score"),
    "list.export": ("导出清单", "Exported a list"),
    "map.run": ("匹配全部需求", "Matched all open needs"),
    "mapping.delete": ("删除字段映射", "Deleted a mapping"),
    "mapping.save": ("保存字段映射", "Saved a mapping"),
    "record.delete": ("删除自己的记录", "Deleted a record of one's own"),
    "regions.keep": ("载入行政区划", "Kept the list of regions"),
    "match.export": ("导出匹配", "Exported matches"),
    "match.load": ("载入既往匹配结果", "Loaded earlier outcomes"),
    "match.outcome": ("记录匹配结果", "Recorded an outcome"),
    "match.withdraw": ("撤回匹配结果", "Withdrew an outcome"),
    "match.restore": ("恢复匹配结果", "Restored an outcome"),
    "match.correct": ("更正匹配结果", "Corrected an outcome"),
    "policy.ask_withdrawal": ("申请撤回政策", "Asked to withdraw a policy"),
    "policy.draft": ("保存政策草案", "Saved a policy draft"),
    "policy.keep": ("不撤回政策", "Kept a policy in force"),
    "policy.propose": ("提交政策发布", "Proposed a policy"),
    "policy.publish": ("发布政策", "Published a policy"),
    "policy.try": ("试算政策草案", "Tried a policy draft"),
    "policy.withdraw": ("撤回政策", "Withdrew a policy"),
    "portrait.added": ("补充画像标签", "Added a tag to a portrait"),
    "portrait.corrected": ("更正画像标签", "Corrected a portrait's tag"),
    "portrait.export": ("下载画像", "Exported a portrait"),
    "portrait.hidden": ("隐藏画像标签", "Hid a portrait's tag"),
    "portrait.withdraw": ("撤销画像意见", "Undid a word on a portrait"),
    "ranker.rollback": ("回退排序模型", "Rolled the ranker back"),
    "ranker.train": ("训练排序模型", "Trained the ranker"),
    "rejects.download": ("下载拒收行", "Downloaded refused rows"),
    "scenario.create": ("新建政策推演", "Made a scenario"),
    "scenario.export": ("导出政策推演", "Exported a scenario"),
    "scenario.run": ("运行政策推演", "Ran a scenario"),
    "session.sign_in": ("登录", "Signed in"),
    "user.change": ("修改用户", "Changed a user"),
    "user.create": ("新建用户", "Made a user"),
    "user.link_person": ("关联账号与本人档案", "Linked an account to its person"),
    "user.set_password": ("重设密码", "Set a password"),
    "visit.cancel": ("取消走访", "Cancelled a visit"),
    "visit.plan": ("安排走访", "Planned a visit"),
    "visit.report": ("记录走访", "Reported a visit"),
}


def label_of(action: str) -> str:
    """Name of an act in the reader's language; one that is unknown stands for itself.

    Examples
    --------
    >>> label_of("user.create")
    '新建用户'
    """
    return choose(*ACTION_LABELS.get(action, (action, action)))


def log(action: str, viewer: "Viewer", subject: str = "", **details: Any) -> AuditEntry:
    """Add one entry, in the caller's transaction: what is undone was never logged.

    Parameters
    ----------
    action
        What was done, e.g. ``"list.export"``; one of ``ACTION_LABELS``.
    viewer
        Who did it.
    subject
        Public id of a record, a job's id, a route: what it was done to.
    details
        Further values that JSON can hold.
    """
    return AuditEntry.objects.create(
        action=action,
        actor_id=viewer.user_id,
        actor_label=viewer.label[:200],
        subject=subject[:200],
        details=details,
    )


def entries(
    viewer: "Viewer", *, action: str = "", actor_label: str = "", subject: str = ""
) -> QuerySet[AuditEntry]:
    """Entries the viewer may read, newest first.

    Raises
    ------
    AccessDenied
        If the viewer may not read the log.
    """
    from silian.portal.accounts.domain.access import require

    require(viewer, "audit.read")
    found = AuditEntry.objects.select_related("actor")
    if action:
        found = found.filter(action=action)
    if actor_label:
        found = found.filter(actor_label__icontains=actor_label)
    return found.filter(subject__icontains=subject) if subject else found
