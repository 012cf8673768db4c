"""Which pages the benchmark asks, and of which records: those that give the most work."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.urls import NoReverseMatch, reverse

_APPS = ("exchange", "registry", "industry", "insight", "audit")

_LISTS = (
    "home",
    "need_list",
    "supply_list",
    "import_list",
    "identity_queue",
    "identity_decisions",
    "identity_runs",
    "policy_list",
    "city_policies",
    "ladder",
    "candidates",
    "ranking",
    "subject_ranking",
    "facts_overview",
    "facts",
    "entitlements",
    "scores",
    "applications",
    "my_matches",
    "diagnosis_latest",
    "diagnosis_list",
    "visit_list",
    "look_backs",
    "graph",
    "path",
    "conflicts",
    "chain_list",
    "chain_gaps",
    "chain_scenario",
    "map",
    "map_outlines",
    "map_run",
    "portraits",
    "teams",
    "talent_gaps",
    "entries",
)
_OF_ORGANISATIONS = (
    "organisation_detail",
    "portrait",
    "graph_near",
    "chain_position",
    "facts",
    "entitlements",
    "scores",
    "diagnosis_latest",
)
_OF_PEOPLE = ("person_detail", "portrait", "talent", "graph_near")


def city_counts() -> dict[str, int]:
    """How many records of each kind are loaded."""
    from silian.portal.catalogue import KINDS

    return {name: kind.model._default_manager.count() for name, kind in KINDS.items()}


def asked_pages() -> Iterator[tuple[str, str]]:
    """Name and address of every page, one after the other."""
    for name in _LISTS:
        yield from _page(name)
    organisations, people = _busiest("organisation"), _busiest("person")
    for number, organisation in enumerate(organisations):
        for name in _OF_ORGANISATIONS:
            yield from _page(name, organisation, label=f"{name} (organisation {number + 1})")
        yield from _asking("graph", {"node": organisation}, f"graph (organisation {number + 1})")
    for number, person in enumerate(people):
        for name in _OF_PEOPLE:
            yield from _page(name, person, label=f"{name} (person {number + 1})")
        yield from _asking("graph", {"node": person}, f"graph (person {number + 1})")
    yield from _between(organisations, people)
    yield from _of_needs()
    yield from _of_chains()
    yield from _of_lists()
    for text in ("永磁材料", "机器人", "电池"):
        yield from _asking("search", {"q": text}, f"search ({text})")
        yield from _asking("need_list", {"q": text}, f"need_list ({text})")
        yield from _asking("supply_list", {"q": text}, f"supply_list ({text})")
        yield from _asking("graph_find", {"q": text}, f"graph_find ({text})")


def _of_lists() -> Iterator[tuple[str, str]]:
    """The supply list, mixed and kind by kind: narrowed, in each order, on deep pages, by words."""
    from silian.portal.exchange.domain.service import SUPPLY_KINDS
    from silian.portal.registry.models import Region

    region = Region.objects.order_by("-adcode").values_list("adcode", flat=True)[0]
    asked: dict[str, dict[str, Any]] = {
        "region": {"region": region},
        "field": {"field": "T04"},
        "region, field, by title": {"region": region, "field": "T04", "sort": "title"},
        "type": {"type": "enterprise"},
        "price": {"price": "to10"},
        "page 4,400": {"page": 4_400},
        "by title, page 4,400": {"sort": "title", "page": 4_400},
        "last page": {"page": 1_000_000},
        "公司": {"q": "公司"},
        "有限公司, by title": {"q": "有限公司", "sort": "title"},
        "铁": {"q": "铁"},
        "电池 技术, region": {"q": "电池 技术", "region": region},
    }
    for label, query in asked.items():
        yield from _asking("supply_list", query, f"supply_list ({label})")
    for kind in SUPPLY_KINDS:
        for label, query in (
            ("", {}),
            (", by amount", {"sort": "amount_down"}),
            (", by title, last page", {"sort": "title", "page": 1_000_000}),
            (", region", {"region": region}),
            (", 电池", {"q": "电池"}),
            (", 公司", {"q": "公司"}),
        ):
            yield from _asking(
                "supply_list", {"kind": kind, **query}, f"supply_list ({kind}{label})"
            )
    yield from _asking("need_list", {"page": 1_000_000}, "need_list (last page)")
    yield from _asking("need_list", {"sort": "amount_up"}, "need_list (by amount)")


def _between(organisations: list[str], people: list[str]) -> Iterator[tuple[str, str]]:
    for first, second, told in (
        (organisations[0], organisations[-1], "organisations"),
        (people[0], people[-1], "people"),
        (organisations[0], people[-1], "organisation and person"),
    ):
        yield from _asking("path", {"from": first, "to": second}, f"path ({told})")
    both = {"first": people[0], "second": people[-1]}
    yield from _asking("conflicts", both, "conflicts (people)")


def _of_needs() -> Iterator[tuple[str, str]]:
    from silian.portal.industry.models import Need

    needs: QuerySet[Any] = Need._default_manager.filter(audience="public").order_by("public_id")
    for number, need in enumerate(needs.values_list("public_id", flat=True)[:2]):
        for name in ("need_detail", "need_matches", "need_paths"):
            yield from _page(name, need, label=f"{name} (need {number + 1})")


def _of_chains() -> Iterator[tuple[str, str]]:
    from silian.portal.insight.models import TargetChain

    for number, chain in enumerate(
        TargetChain._default_manager.values_list("public_id", flat=True)[:3]
    ):
        yield from _page("chain", chain, label=f"chain (target {number + 1})")
    for number, node in enumerate(_busiest("chain_node")):
        for name in ("chain_node", "chain_node_panel", "chain_around"):
            yield from _page(name, node, label=f"{name} (node {number + 1})")
        yield from _asking("chain_scenario", {"node": node}, f"chain_scenario (node {number + 1})")


def _busiest(kind: str, most: int = 2) -> list[str]:
    """Public ids of the records that most others name, and the one in the middle of the list."""
    from silian.portal.catalogue import KINDS

    model = KINDS[kind].model
    relation = {
        "organisation": "affiliations",
        "person": "affiliations",
        "chain_node": "members",
    }[kind]
    found = (
        model._default_manager.annotate(held=Count(relation))
        .order_by("-held", "public_id")
        .values_list("public_id", flat=True)
    )
    return [*found[:most], *found[len(found) // 2 :][:1]]


def _page(name: str, *arguments: Any, label: str = "") -> Iterator[tuple[str, str]]:
    yield label or name, _reverse(name, arguments)


def _asking(name: str, query: dict[str, Any], label: str) -> Iterator[tuple[str, str]]:
    yield label, f"{_reverse(name, ())}?{urlencode(query)}"


def _reverse(name: str, arguments: tuple[Any, ...]) -> str:
    for route in (name, *(f"{app}:{name}" for app in _APPS)):
        try:
            return reverse(route, args=arguments)
        except NoReverseMatch:
            continue
    raise NoReverseMatch(f"no page is named {name} with {len(arguments)} arguments")
