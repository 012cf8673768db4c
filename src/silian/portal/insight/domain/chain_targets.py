"""Target chains (目标产业链): what the city has chosen to build, with every change kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from silian.errors import EngineError
from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.accounts.models import User
from silian.portal.audit.domain import log
from silian.portal.insight.domain.chain_values import ChainScope
from silian.portal.insight.models import TargetChain
from silian.portal.registry.models import ChainNode

MOST_ROOTS = 50
MOST_DEPTH = 8


class TargetRefused(EngineError, ValueError):
    """A target chain that can't be kept as asked; ``field`` names the input."""

    code = "target_chain_refused"

    def __init__(self, message_en: str, *, message_zh: str, field: str) -> None:
        super().__init__(message_en, field=field)
        self.message_zh, self.message_en, self.field = message_zh, message_en, field


class TargetUnknown(EngineError, LookupError):
    """No target chain has this id."""

    code = "target_chain_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetVersion:
    """One state of a target chain: who made it so, and when."""

    changed_at: datetime
    changed_by: str
    change: str  # made, changed, deleted
    name: str
    depth: int
    node_names: tuple[str, ...]


def target_chains() -> tuple[TargetChain, ...]:
    """All target chains by name, with their end products."""
    return tuple(TargetChain.objects.prefetch_related("nodes"))


def target_chain(public_id: str) -> TargetChain:
    """One target chain.

    Raises
    ------
    TargetUnknown
        If there is none.
    """
    known = _is_uuid(public_id)
    chains = TargetChain.objects.prefetch_related("nodes")
    found = chains.filter(public_id=public_id).first() if known else None
    if found is None:
        raise TargetUnknown(f"no target chain {public_id!r}; choose one of the list.")
    return found


def scope_of(target: TargetChain, most: int = ChainScope().most) -> ChainScope:
    """The part of the chains that a target chain stands for."""
    roots = tuple(sorted(node.public_id for node in target.nodes.all()))
    return ChainScope(roots=roots, up=target.depth, most=most)


def save_target(
    viewer: Viewer,
    *,
    name: str,
    node_ids: Sequence[str],
    depth: int = 3,
    name_en: str = "",
    description: str = "",
    target: TargetChain | None = None,
) -> TargetChain:
    """Make or change a target chain.

    Parameters
    ----------
    node_ids
        Public ids of its end products, one at least.
    depth
        So many links upstream of them belong to it.

    Raises
    ------
    TargetRefused
        If the name is taken or empty, or a node is unknown.
    silian.portal.accounts.domain.access.AccessDenied
        If the viewer may not.
    """
    require(viewer, "chain.target")
    name = " ".join(name.split())
    nodes = _checked(name, node_ids, depth, target)
    with transaction.atomic():
        kept = target or TargetChain()
        kept.name, kept.name_en, kept.description, kept.depth = (
            name[:200],
            name_en.strip()[:200],
            description.strip(),
            depth,
        )
        _sign(kept, viewer)
        kept.save()
        kept.nodes.set(nodes)
        log(
            "chain.target",
            viewer,
            str(kept.public_id),
            name=name,
            nodes=sorted(node.public_id for node in nodes),
            depth=depth,
        )
    return kept


def delete_target(target: TargetChain, viewer: Viewer) -> None:
    """Delete a target chain; its history stays."""
    require(viewer, "chain.target")
    with transaction.atomic():
        log("chain.target", viewer, str(target.public_id), name=target.name, deleted=True)
        _sign(target, viewer)
        target.delete()


def target_history(target: TargetChain) -> tuple[TargetVersion, ...]:
    """Every state of a target chain, the newest first."""
    names = {"+": "made", "~": "changed", "-": "deleted"}
    versions: dict[str, TargetVersion] = {}
    for kept in target.history.select_related("history_user").order_by("history_id"):
        # Saving a chain and its nodes leaves several rows; the last of them is the state.
        act = kept.history_change_reason or str(kept.history_id)
        first = versions.get(act)
        nodes = [one.chainnode for one in kept.nodes.select_related("chainnode")]
        versions[act] = TargetVersion(
            changed_at=kept.history_date,
            changed_by=str(kept.history_user or ""),
            change=first.change if first else names[kept.history_type],
            name=kept.name,
            depth=kept.depth,
            node_names=tuple(sorted(node.name for node in nodes)),
        )
    return tuple(reversed(versions.values()))


def _checked(
    name: str, node_ids: Sequence[str], depth: int, target: TargetChain | None
) -> list[ChainNode]:
    if not name:
        raise TargetRefused(
            "the name is empty; name the chain.", message_zh="请填写名称。", field="name"
        )
    same = TargetChain.objects.filter(name=name[:200])
    if same.exclude(pk=target.pk if target else None).exists():
        raise TargetRefused(
            f"there is a target chain {name!r} already; change that one, or choose another name.",
            message_zh=f"已有名为“{name}”的目标产业链，请修改它或换一个名称。",
            field="name",
        )
    if not 1 <= depth <= MOST_DEPTH:
        raise TargetRefused(
            f"depth is {depth}; expected 1 to {MOST_DEPTH} links upstream.",
            message_zh=f"上溯层数为 {depth}，应为 1 至 {MOST_DEPTH}。",
            field="depth",
        )
    wanted = list(dict.fromkeys(node_ids))
    if not 1 <= len(wanted) <= MOST_ROOTS:
        raise TargetRefused(
            f"{len(wanted)} end products were named; name 1 to {MOST_ROOTS}.",
            message_zh=f"终端环节有 {len(wanted)} 个，应为 1 至 {MOST_ROOTS} 个。",
            field="nodes",
        )
    nodes = list(ChainNode.objects.filter(public_id__in=wanted))
    unknown = sorted(set(wanted) - {node.public_id for node in nodes})
    if unknown:
        raise TargetRefused(
            f"no chain node {unknown[0]!r}; choose nodes of the list.",
            message_zh=f"没有产业链环节“{unknown[0]}”，请从列表中选择。",
            field="nodes",
        )
    return nodes


def _sign(target: TargetChain, viewer: Viewer) -> None:
    """Let history say who did it, and which of its rows are one act."""
    user = User.objects.filter(pk=viewer.user_id).first() if viewer.user_id else None
    target._history_user = user  # type: ignore[attr-defined]
    target._change_reason = uuid4().hex  # type: ignore[attr-defined]


def _is_uuid(text: str) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True
