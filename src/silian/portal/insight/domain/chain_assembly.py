"""The chains as the engine takes them, put together once for all who see the same records.

What is private stays out for the others: nodes, links and placements by their audiences, and
organisations that a viewer may not see with all that hangs on them.
"""

import hashlib
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Max
from numpy.typing import NDArray

from silian.portal.accounts.domain.access import Viewer
from silian.portal.garbage import collected_later
from silian.portal.insight.domain.chain_keeping import keep, read_kept
from silian.portal.insight.domain.chain_locality import HomeRegion, home_region
from silian.portal.insight.domain.chain_placements import placements, placements_version
from silian.portal.insight.domain.chain_reading import (
    ENTERPRISE,
    read_links,
    read_members,
    read_nodes,
)
from silian.portal.insight.domain.chain_rules import thresholds
from silian.portal.registry.domain.identities import identities_changed_at
from silian.portal.registry.models import ChainLink, ChainNode, Organisation, Record

if TYPE_CHECKING:
    from silian.engines.graph import Capabilities, ChainStrength, IndustryChain, NodeAssessment

_AUDIENCES = (("public",), ("public", "members"), ("public", "members", "owner"))
_FORMAT = 8  # to be raised when what is kept on disk looks otherwise
_SOON_ROWS = 20_000  # nodes and members: more take longer than a reader likes to wait
_lock = threading.RLock()
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """Chains of one audience, with what is computed over them.

    Attributes
    ----------
    node_rows
        By public id: name, kind, code.
    reasons
        By member row of the chain: reason, origin, revenue share, how its place is known.
    spellings
        Folded names, further spellings and codes, each with the number of its node.
    link_rows
        Row of each link by the public id of its record.
    entities
        Public ids of all members.
    upward, downward, members_at
        By node: links that arrive at it, links that leave it, rows of its members.
    """

    chain: "IndustryChain"
    strength: "ChainStrength"
    assessments: "tuple[NodeAssessment, ...]"
    capabilities: "Capabilities"
    home: HomeRegion
    node_rows: dict[str, tuple[str, str, str]]
    reasons: list[tuple[str, str, float | None, str]]
    spellings: list[tuple[str, int]]
    upward: "Adjacency"
    downward: "Adjacency"
    members_at: "Adjacency"
    degrees: NDArray[np.int64]
    link_rows: dict[str, int]
    entities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Rows of a table by the node that they hang on."""

    starts: NDArray[np.int64]
    rows: NDArray[np.int64]

    def of(self, node: int) -> NDArray[np.int64]:
        """Rows of one node."""
        return self.rows[self.starts[node] : self.starts[node + 1]]

    def counts(self) -> NDArray[np.int64]:
        """How many rows each node has."""
        return np.diff(self.starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """Of what the chains were put together.

    Attributes
    ----------
    shape
        Mark of nodes and links: another one is never passed over.
    members
        Mark of who stands there: where that takes long, the last answer serves meanwhile.
    """

    shape: str
    members: str

    @property
    def text(self) -> str:
        return f"{self.shape} {self.members}"


@dataclass(slots=True)
class _Held:
    version: str
    found: Assembled


_held: dict[tuple[str, str], _Held] = {}
_under_way: set[tuple[str, str]] = set()
_present: dict[str, set[str]] = {}  # audiences of anything at all, by version


def assembled(viewer: Viewer) -> Assembled:
    """The chains as the viewer may see them; put together anew when records changed.

    Of large chains the last answer serves until the new one is there, unless nodes or links
    changed. Names are looked up with every answer, so that no record is shown that
    was hidden meanwhile.
    """
    return _assembled(viewer.audiences, patient=False)


def assemble_all() -> None:
    """Put the chains together for everybody, so that nobody waits for it."""
    for audiences in _AUDIENCES:
        _assembled(audiences, patient=True)


def _assembled(audiences: tuple[str, ...], *, patient: bool) -> Assembled:
    version = _version()
    audiences = _telling(audiences, version)
    name = str(settings.SILIAN_HOME), audiences[-1]
    held = _held.get(name)
    if held is None or held.version != version.text:
        with _lock:
            held = _held.get(name) or _from_disk(name)
            if held is None or not _may_serve(held, version, patient):
                held = _put_together(name, audiences, version)
            elif held.version != version.text:
                _put_together_later(name, audiences, version)
            _held[name] = held
    return held.found


def _telling(audiences: tuple[str, ...], version: _Version) -> tuple[str, ...]:
    """The audiences without those, from the narrowest, for which there is nothing."""
    present = _present.get(version.text)
    if present is None:
        present = set(placements()["audience"].unique().to_pylist())
        for model in (ChainNode, ChainLink, Organisation):
            rows = model._default_manager.exclude(audience=_AUDIENCES[0][0]).order_by()
            present.update(rows.values_list("audience", flat=True).distinct())
        _present.clear()
        _present[version.text] = present
    kept = list(audiences)
    while len(kept) > 1 and kept[-1] not in present:
        kept.pop()
    return tuple(kept)


def _from_disk(name: tuple[str, str]) -> _Held | None:
    kept = read_kept(name[1])
    if kept is None or not isinstance(kept[1], Assembled):
        return None
    return _Held(*kept)


def _may_serve(held: _Held, version: _Version, patient: bool) -> bool:
    if held.version == version.text:
        return True
    same_shape = held.version.partition(" ")[0] == version.shape
    chain = held.found.chain
    is_large = chain.n_nodes + len(chain.member_nodes) > _SOON_ROWS
    return same_shape and not patient and is_large


def _put_together(name: tuple[str, str], audiences: tuple[str, ...], version: _Version) -> _Held:
    with collected_later():
        held = _Held(version.text, _assemble(audiences))
    keep(name[1], version.text, held.found)
    return held


def _put_together_later(
    name: tuple[str, str], audiences: tuple[str, ...], version: _Version
) -> None:
    if name in _under_way:
        return
    _under_way.add(name)

    def work() -> None:
        try:
            _held[name] = _put_together(name, audiences, version)
        except DatabaseError:
            logger.exception("the chains could not be put together; the last ones serve on")
        finally:
            _under_way.discard(name)
            connection.close()

    threading.Thread(target=work, name="chains", daemon=True).start()


def _version() -> _Version:
    shape: list[Any] = [_FORMAT, thresholds(), *(_newest(one) for one in (ChainNode, ChainLink))]
    members: list[Any] = [
        home_region(),
        placements_version(),
        identities_changed_at(),
        _newest(Organisation),
    ]
    return _Version(shape=_mark(shape), members=_mark(members))


def _newest(model: type[Record]) -> tuple[Any, ...]:
    held = model._default_manager.aggregate(n=Count("pk"), newest=Max("updated_at"))
    return held["n"], held["newest"]


def _mark(parts: list[Any]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _assemble(audiences: tuple[str, ...]) -> Assembled:
    import pyarrow as pa

    from silian.engines.graph import Capabilities, ChainStrength, IndustryChain

    home, lines = home_region(), thresholds()
    by_pk, node_rows, spellings = read_nodes(audiences)
    links = read_links(audiences, by_pk)
    members, reasons = read_members(audiences, home, node_rows)
    chain = IndustryChain(
        nodes=pa.table(
            {"node_id": list(node_rows), "label": [row[0] for row in node_rows.values()]}
        ),
        links=pa.table(
            {
                "source_id": pa.array([row[0] for row in links], pa.string()),
                "target_id": pa.array([row[1] for row in links], pa.string()),
                "relation": pa.array([row[2] for row in links], pa.string()),
                "weight": pa.array([row[3] for row in links], pa.float64()),
                "evidence": pa.array([row[4] for row in links], pa.string()),
            }
        ),
        members=members,
    )
    strength = ChainStrength(chain, lines.for_engine(), enterprise_kind=ENTERPRISE)
    return Assembled(
        chain=chain,
        strength=strength,
        assessments=strength.assess(),
        capabilities=Capabilities(chain, kind=ENTERPRISE, least_confidence=lines.least_confidence),
        home=home,
        node_rows=node_rows,
        reasons=reasons,
        spellings=spellings,
        upward=_adjacency(chain.targets, chain.n_nodes),
        downward=_adjacency(chain.sources, chain.n_nodes),
        members_at=_adjacency(chain.member_nodes, chain.n_nodes),
        degrees=np.bincount(chain.sources, minlength=chain.n_nodes)
        + np.bincount(chain.targets, minlength=chain.n_nodes),
        link_rows={row[4]: number for number, row in enumerate(links)},
        entities=frozenset(chain.entity_ids),
    )


def _adjacency(ends: NDArray[np.int64], n_nodes: int) -> Adjacency:
    order = np.argsort(ends, kind="stable")
    starts = np.searchsorted(ends[order], np.arange(n_nodes + 1))
    return Adjacency(starts, order)
