"""Nodes of industry chains that rows refer to: by key, by code, or by name and kind.

A name and a kind make a node: whoever lists the product 轴承 means the same one. So a name that
is met first in a link or at an enterprise makes the node, which a list of nodes takes over later.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from silian.identifiers import public_id
from silian.portal.registry.domain.history import Change, record_history
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.domain.references import (
    is_public_id,
    kept_ids,
    mentions_register,
    portions,
    unknown_reference,
)
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.models import ChainNode, Register

if TYPE_CHECKING:
    from silian.portal.registry.domain.linking import Links
    from silian.portal.registry.domain.saving import LoadContext

_PRODUCT = ChainNode.NodeKind.PRODUCT.value
# Column by which a row names a node, by the relation and how it is named.
_PREFIX = {"node": "node", "source": "from", "target": "to"}
_RELATIONS = {
    "chain_link": (("source", "起点环节", "source node"), ("target", "终点环节", "target node")),
    "chain_member": (("node", "环节", "node"),),
}

Named = dict[str, dict[str, str]]  # by relation: by how it is named, the value


def node_mention_key(node_kind: str, name: str) -> str:
    """Key of a node that is only mentioned so far.

    Examples
    --------
    >>> node_mention_key("product", "轴承")
    'product 轴承'
    """
    return f"{node_kind} {name}"


def named_nodes(row: CheckedRow) -> Named:
    """How a row names nodes, by relation."""
    named: Named = {}
    for reference, value in row.references:
        if reference.to == "chain_node":
            named.setdefault(reference.field, {})[reference.by] = value
    return {field: how for field, how in named.items() if how.keys() - {"kind"}}


class NodeFinder:
    """Finds or makes the nodes that the rows of one register name.

    Parameters
    ----------
    register
        Register of the rows; its own nodes go before those of others.
    change
        What the history of nodes made here says.
    """

    def __init__(self, register: Register, change: Change) -> None:
        self.register = register
        self.change = change
        self._by_key: dict[str, int] = {}
        self._by_code: dict[str, int] = {}
        self._by_name: dict[tuple[str, str], int] = {}

    def clear(self) -> None:
        """Forget what was found: another process may have changed it meanwhile."""
        for held in (self._by_key, self._by_code, self._by_name):
            held.clear()

    def look_up(self, rows: Sequence[CheckedRow]) -> None:
        """Find every node that the rows name; a name that nobody listed makes one."""
        named = [how for row in rows for how in named_nodes(row).values()]
        if not named:
            return
        self._find_keys({how["key"] for how in named if "key" in how} - self._by_key.keys())
        self._find_codes({how["code"] for how in named if "code" in how} - self._by_code.keys())
        names = {_kind_and_name(how) for how in named if "name" in how} - self._by_name.keys()
        self._find_names(names)
        self._make([how for how in named if "name" in how and self.found(how) is None])

    def found(self, how: dict[str, str]) -> int | None:
        """Node that is named: by key, else by code, else by name and kind."""
        if "key" in how and (key := self._by_key.get(how["key"])):
            return key
        if "code" in how and (key := self._by_code.get(how["code"])):
            return key
        return self._by_name.get(_kind_and_name(how)) if "name" in how else None

    def _find_keys(self, keys: Iterable[str]) -> None:
        for portion in portions(sorted(keys)):
            if ids := [key for key in portion if is_public_id(key)]:
                found = ChainNode.objects.filter(public_id__in=ids)
                self._by_key.update(found.values_list("public_id", "id"))
            own = ChainNode.objects.filter(register=self.register, source_key__in=portion)
            self._by_key.update(own.values_list("source_key", "id"))

    def _find_codes(self, codes: Iterable[str]) -> None:
        for portion in portions(sorted(codes)):
            found = ChainNode.objects.filter(code__in=portion).order_by("id")
            for code, key, register in found.values_list("code", "id", "register_id"):
                if code not in self._by_code or register == self.register.pk:
                    self._by_code[code] = key

    def _find_names(self, names: set[tuple[str, str]]) -> None:
        held: dict[tuple[str, str], tuple[bool, int]] = {}
        for portion in portions(sorted({name for _, name in names})):
            found = ChainNode.objects.filter(name__in=portion).order_by("id")
            for kind, name, key, register in found.values_list(
                "node_kind", "name", "id", "register_id"
            ):
                # The register's own node, else the first that anybody listed.
                is_own = register == self.register.pk
                if (kind, name) not in held or (is_own and not held[kind, name][0]):
                    held[kind, name] = (is_own, key)
        self._by_name.update({pair: key for pair, (_, key) in held.items() if pair in names})

    def _make(self, missing: Sequence[dict[str, str]]) -> None:
        if not missing:
            return
        register = mentions_register()
        made: dict[str, ChainNode] = {}
        for how in missing:
            kind, name = _kind_and_name(how)
            key = node_mention_key(kind, name)
            made[key] = ChainNode(
                register=register,
                source_key=key,
                public_id=public_id("chain_node", register.code, key),
                name=name,
                node_kind=kind,
                code=how.get("code", ""),
            )
        there = kept_ids(ChainNode, [node.public_id for node in made.values()])
        # Another load may have made the same one since we looked.
        ChainNode.objects.bulk_create(list(made.values()), ignore_conflicts=True)
        keys = []
        for portion in portions(made):
            found = ChainNode.objects.filter(register=register, source_key__in=portion)
            for key, public_id_, kind, name in found.values_list(
                "id", "public_id", "node_kind", "name"
            ):
                self._by_name[kind, name] = key
                if public_id_ not in there:
                    keys.append(key)
        record_history(ChainNode, keys, "+", self.change)


def link_chain_nodes(row: CheckedRow, links: "Links", context: "LoadContext") -> None:
    """Put the nodes of a row on its links, or say what is missing."""
    relations = _RELATIONS.get(row.kind)
    if relations is None:
        return
    named = named_nodes(row)
    for field, zh, en in relations:
        how, column = named.get(field), _PREFIX[field]
        if how is None:
            if links.fields.get(f"{field}_id") is None:
                links.reasons.append(_unnamed(column, zh, en))
            continue
        found = context.resolver.chain_nodes.found(how)
        if found is None:
            by = next(by for by in ("key", "code", "name") if by in how)
            links.reasons.append(unknown_reference(f"{column}_{by}", how[by], zh, en))
        links.fields[f"{field}_id"] = found
    source = links.fields.get("source_id")
    if source is not None and source == links.fields.get("target_id"):
        links.reasons.append(_to_itself())


def _kind_and_name(how: dict[str, str]) -> tuple[str, str]:
    return how.get("kind", _PRODUCT), how["name"]


def _unnamed(column: str, zh: str, en: str) -> Reason:
    return Reason(
        field=f"{column}_name",
        code="missing",
        message_zh=f"必填，未指明{zh}：请填写主键、代码或名称。",
        message_en=f"required: name the {en} by its key, code or name.",
    )


def _to_itself() -> Reason:
    return Reason(
        field="to_name",
        code="link_to_itself",
        message_zh="起点与终点是同一环节；请填写两个不同的环节。",
        message_en="source and target are one node; a link joins two.",
    )
