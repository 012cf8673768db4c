"""Things alike, and who is likely to work together, with the reasons."""

import json
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, Viewer
from silian.portal.bilingual import both, choose
from silian.portal.insight.domain.graph_exploring import find_thing
from silian.portal.insight.domain.graph_files import current_stamp, read_beside, write_beside
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.graph_scope import graph_for
from silian.portal.insight.domain.graph_values import GraphQuestionRefused, Thing, thing_of
from silian.portal.insight.domain.hidden_ties import hidden_pairs
from silian.portal.registry.domain.identities import subject_of

if TYPE_CHECKING:
    from silian.engines.graph import Graph, LinkFeatures, LinkModel, LinkTask

#: Kinds that work with each other, and which other ties may speak for it.
PARTNER_CONTEXT = {
    "organisation": ("produces", "in_chain_node", "located_in"),
    "person": ("works_at", "in_chain_node"),
}
_FEATURE_LABELS = {
    "common_neighbours": both("共同合作伙伴多", "Many common partners"),
    "adamic_adar": both("共同伙伴较独特", "Rare common partners"),
    "resource_allocation": both("共同伙伴专注", "Common partners with few others"),
    "three_steps": both("合作圈相通", "Circles that meet"),
    "activity": both("双方都常合作", "Both work with many"),
    "shared_produces": both("同产品环节", "Make the same products"),
    "shared_in_chain_node": both("同产业链环节", "At the same chain nodes"),
    "shared_located_in": both("同一地区", "In the same place"),
    "shared_works_at": both("同一单位", "Same employer"),
}
# Where a thing lies says little about what it is like.
_NOT_LIKENESS = frozenset({"located_in", "matched", "contracted", "funds"})
# Six tenths of the ties are known, two are learned from, and two are there to judge by.
_DIVISION = (0.6, 0.8, 1.0)
_LEAST_TIES = 50
_JUDGED_NODES = 200
# Open starts lie far before any day.
_FIRST_DAY = -719_200
_KEPT = 8
_MODELS = "partners"

_lock = threading.Lock()
_models: "OrderedDict[tuple[str, str], LinkModel]" = OrderedDict()
_features: "OrderedDict[tuple[int, str], tuple[Graph, LinkFeatures]]" = OrderedDict()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonTie:
    """A tie that two things alike have in common: to what, and how it reads."""

    verb: str
    thing: Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A thing alike and what both are tied to."""

    thing: Thing
    similarity: float
    ties: tuple[CommonTie, ...]

    @property
    def shared(self) -> tuple[str, ...]:
        """What both are tied to, in words."""
        return tuple(f"{one.verb}{choose('', ' ')}{one.thing.label}" for one in self.ties)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A likely partner.

    Attributes
    ----------
    score
        Orders the answers; no probability.
    reasons
        What speaks for it, the weightiest first.
    common
        Partners that both have already.
    """

    thing: Thing
    score: float
    reasons: tuple[str, ...]
    common: tuple[Thing, ...]


def similar_things(viewer: Viewer, node_id: str, *, most: int = 8) -> tuple[Likeness, ...]:
    """Things of the same kind that are tied to the same others in the same way.

    Raises
    ------
    GraphNodeNotFound
        If there is no such thing that the viewer may see.
    """
    from silian.engines.graph import EdgeFilter, similar_nodes

    thing, graph = find_thing(viewer, node_id), graph_for(viewer)
    types = frozenset(graph.type_names) - _NOT_LIKENESS
    found = similar_nodes(
        graph, thing.node_id, chosen=EdgeFilter(types=types), most=most, most_ties=2_000
    )
    seen = visible_ids(
        viewer,
        [one.node.node_id for one in found]
        + [tie.node.node_id for one in found for tie in one.shared],
    )
    language = choose("zh", "en")
    return tuple(
        Likeness(
            thing=thing_of(one.node),
            similarity=one.similarity,
            ties=tuple(
                CommonTie(
                    verb=graph.relations[tie.edge_type].reads(
                        forward=tie.forward, language=language
                    ),
                    thing=thing_of(tie.node),
                )
                for tie in one.shared
                if tie.node.node_id in seen
            ),
        )
        for one in found
        if one.node.node_id in seen
    )


def likely_partners(viewer: Viewer, node_id: str, *, most: int = 5) -> tuple[Partner, ...]:
    """Organisations or people that have not worked with this one and probably could.

    Learned from which ties came after which in this graph. Nothing where nothing speaks for
    anybody.

    Raises
    ------
    GraphNodeNotFound
        If there is no such thing that the viewer may see.
    GraphQuestionRefused
        If it is neither an organisation nor a person.
    """
    from silian.engines.graph import predict_links

    thing, graph = find_thing(viewer, node_id), graph_for(viewer)
    if thing.kind not in PARTNER_CONTEXT:
        raise GraphQuestionRefused(
            f"{node_id} is of kind {thing.kind}; partners are told of organisations and people.",
            message_zh="只对单位和人才推测合作伙伴。",
        )
    if "partner" not in graph.type_names:
        return ()
    task = _task(graph, thing.kind)
    features = _features_of(graph, task)
    place = int(features.places(graph.nodes.positions([thing.node_id]))[0])
    if not features.ties[place].nnz:
        return ()  # nothing is known of whom it works with
    model = _model_of(thing.kind, task)
    found = predict_links(graph, thing.node_id, model, most=4 * most, features=features)
    seen = visible_ids(
        viewer,
        [one.node.node_id for one in found]
        + [other.node_id for one in found for other in one.common],
    )
    silent = hidden_pairs()
    subjects = subject_of([thing.node_id, *(one.node.node_id for one in found)])
    partners = [
        Partner(
            thing=thing_of(one.node),
            score=one.score,
            reasons=_reasons(one.contributions),
            common=tuple(thing_of(other) for other in one.common if other.node_id in seen),
        )
        for one in found
        if one.node.node_id in seen
        and one.common
        # Who hides that they work together is no suggestion either.
        and frozenset(subjects.get(end, end) for end in (thing.node_id, one.node.node_id))
        not in silent
    ]
    return tuple(partners[:most])


def forget_partners() -> None:
    """Drop what was learned: between tests."""
    with _lock:
        _models.clear()
        _features.clear()


def _task(graph: "Graph", kind: str) -> "LinkTask":
    from silian.engines.graph import LinkTask

    context = tuple(name for name in PARTNER_CONTEXT[kind] if name in graph.type_names)
    return LinkTask(edge_type="partner", kind=kind, context=context)


def _features_of(graph: "Graph", task: "LinkTask") -> "LinkFeatures":
    from silian.engines.graph import LinkFeatures

    key = (id(graph), task.kind)
    with _lock:
        kept = _features.get(key)
        # The graph is kept beside them: an id alone could be another graph's by now.
        if kept is not None and kept[0] is graph and kept[1].task == task:
            _features.move_to_end(key)
            return kept[1]
    made = LinkFeatures(graph, task, None)
    with _lock:
        _features[key] = (graph, made)
        while len(_features) > _KEPT:
            _features.popitem(last=False)
    return made


def learn_partners(stamp: str) -> None:
    """Learn from a new snapshot's public part who came to work together, for both kinds."""
    graph = graph_for(ANONYMOUS_VIEWER)
    models = {
        kind: asdict(_learned(graph, _task(graph, kind)))
        for kind in PARTNER_CONTEXT
        if "partner" in graph.type_names and kind in graph.nodes.kinds
    }
    write_beside(stamp, _MODELS, json.dumps(models))


def _model_of(kind: str, task: "LinkTask") -> "LinkModel":
    """The model of a kind, learned with the snapshot."""
    key = (current_stamp(), kind)
    with _lock:
        model = _models.get(key)
    if model is None:
        model = _kept_model(key[0], kind, task)
        with _lock:
            _models[key] = model
            while len(_models) > _KEPT:
                _models.popitem(last=False)
    return model


def _kept_model(stamp: str, kind: str, task: "LinkTask") -> "LinkModel":
    from silian.engines.graph import LinkModel, LinkTask

    try:
        raw = json.loads(read_beside(stamp, _MODELS))[kind]
        raw["task"]["context"] = tuple(raw["task"]["context"])
        numbers = {name: tuple(raw[name]) for name in ("means", "scales", "weights")}
        model = LinkModel(**(raw | numbers | {"task": LinkTask(**raw["task"])}))
    except (OSError, ValueError, KeyError, TypeError):
        return _unlearned(task)
    return model if model.task == task else _unlearned(task)


def _learned(graph: "Graph", task: "LinkTask") -> "LinkModel":
    """What learning gives where it foretells no worse than what needs none; that otherwise.

    Learned up to one day, judged on the ties after it by how many of them were among the ten best.
    """
    from silian.engines.graph import evaluate_links, learn_links

    days = _days(graph, task)
    if days is None:
        return _unlearned(task)
    first, second, last = days
    try:
        model = learn_links(graph, task, known_until=first, learn_until=second)
        found = evaluate_links(
            graph, model, known_until=second, judge_until=last, most_nodes=_JUDGED_NODES
        )
        hits = {name: one.hits_at_10 for name, one in found.quality.items()}
        if hits["model"] < hits["adamic_adar"]:
            return _unlearned(task)
        return learn_links(graph, task, known_until=second, learn_until=last)
    except ValueError:  # no new tie between known things: nothing to learn from
        return _unlearned(task)


def _unlearned(task: "LinkTask") -> "LinkModel":
    """Adamic and Adar's measure alone: it needs no learning."""
    from silian.engines.graph import LinkModel

    n_features = len(task.features)
    weights = tuple(1.0 if name == "adamic_adar" else 0.0 for name in task.features)
    return LinkModel(
        task=task,
        means=(0.0,) * n_features,
        scales=(1.0,) * n_features,
        weights=weights,
        intercept=0.0,
    )


def _days(graph: "Graph", task: "LinkTask") -> tuple[date, date, date] | None:
    """Up to when ties count as known, up to when they are learned from, and the last day."""
    import numpy as np

    from silian.engines.graph import EdgeFilter

    chosen = EdgeFilter(types=frozenset({task.edge_type}), kinds=frozenset({task.kind}))
    rows: Any = graph.edge_arrays(chosen)
    days = graph.days_of(rows.edges, "starts")
    known = np.sort(days[days > _FIRST_DAY])
    if len(known) < _LEAST_TIES:
        return None
    first, second, last = (int(known[int((len(known) - 1) * share)]) for share in _DIVISION)
    if not first < second < last:
        return None
    epoch = date(1970, 1, 1).toordinal()
    return (
        date.fromordinal(epoch + first),
        date.fromordinal(epoch + second),
        date.fromordinal(epoch + last),
    )


def _reasons(contributions: Any) -> tuple[str, ...]:
    ordered = sorted(contributions.items(), key=lambda item: -item[1])
    return tuple(str(_FEATURE_LABELS[name]) for name, value in ordered[:3] if value > 0)
