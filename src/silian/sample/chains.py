"""Rows of the city's industry chains: nodes, links, who stands where, and the planted gaps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from silian.sample.dice import Dice
from silian.sample.setting import Setting
from silian.sample.vocabulary import Industry, VocabularyFault, chain_words, names

Row = dict[str, Any]

_MATERIALS_A_FAMILY = 1
_STAGES_A_TRADE = 2
_EQUIPMENT_A_TRADE = 1
# Of the makers of a product only some are in the register; texts tell of the others.
_REGISTERED_PROB = 0.35
_SUPPLIERS_HERE = 3
_SUPPLIERS_ELSEWHERE = 3


@dataclass(slots=True)
class _Chains:
    """Nodes by name, and links between them by name."""

    nodes: dict[str, Row] = field(default_factory=dict)
    links: dict[tuple[str, str, str], None] = field(default_factory=dict)
    makers: dict[str, tuple[int, int]] = field(default_factory=dict)  # product: trade and thing
    supplies: dict[str, int] = field(default_factory=dict)  # material: trade

    def node(self, name: str, node_kind: str, **more: Any) -> None:
        if name not in self.nodes:
            key = f"CHN-{len(self.nodes) + 1:06d}"
            told = {"name_en": "", "code": "", "keywords": [], **more}
            self.nodes[name] = {"source_key": key, "name": name, "node_kind": node_kind, **told}

    def link(self, source: str, target: str, relation: str = "upstream") -> None:
        if source != target:
            self.links[source, target, relation] = None


def target_chains() -> list[Row]:
    """The chains that the city has chosen: name, name_en, end products by name, depth."""
    return [dict(row) for row in chain_words()["target_chains"]]


def planted_gaps() -> dict[str, tuple[str, ...]]:
    """Names of the nodes that are missing or weak in the city, by status."""
    return {"missing": tuple(chain_words()["missing"]), "weak": tuple(chain_words()["weak"])}


def chain_node_rows(setting: Setting) -> Iterator[Row]:
    """Every node: trades, products, materials, stages and equipment."""
    yield from _chains(setting).nodes.values()


def chain_link_rows(setting: Setting) -> Iterator[Row]:
    """Every link, by the keys of its nodes."""
    chains = _chains(setting)
    for number, (source, target, relation) in enumerate(chains.links, 1):
        yield {
            "source_key": f"CHL-{number:06d}",
            "from_key": chains.nodes[source]["source_key"],
            "to_key": chains.nodes[target]["source_key"],
            "relation": relation,
        }


def chain_member_rows(setting: Setting) -> Iterator[Row]:
    """Enterprises of the city at what they make or supply, and suppliers from elsewhere."""
    chains = _chains(setting)
    dice = Dice(setting.seed, "chain_member")
    members = _members(setting, chains, dice)
    for made, (name, owner_key, share, role) in enumerate(members, 1):
        key = "organisation_name" if owner_key.endswith("公司") else "organisation_key"
        yield {
            "source_key": f"CHM-{made:06d}",
            "organisation_key": owner_key if key == "organisation_key" else None,
            "organisation_name": owner_key if key == "organisation_name" else None,
            "node_key": chains.nodes[name]["source_key"],
            "revenue_share": share,
            "role": role,
        }


def _chains(setting: Setting) -> _Chains:
    chains = _Chains()
    for number, trade in enumerate(setting.frame.trades):
        _add_trade(chains, number, trade)
    told = chain_words()
    for end in told["end_products"]:
        chains.node(end["name"], "product", name_en=end["name_en"])
    pairs = [(source, target) for source, targets in told["supplies"].items() for target in targets]
    pairs += [(source, end["name"]) for end in told["end_products"] for source in end["inputs"]]
    for source, target in pairs:
        unknown = {source, target} - chains.nodes.keys()
        if unknown:
            raise VocabularyFault(
                f"chains.yaml names {sorted(unknown)}; expected first names of objects."
            )
        chains.link(source, target)
    return chains


def _add_trade(chains: _Chains, number: int, trade: Industry) -> None:
    chains.node(trade.name_zh, "industry", name_en=trade.name_en, code=trade.code[:32])
    planted = {name for of_status in planted_gaps().values() for name in of_status}
    for thing, spellings in enumerate(trade.objects):
        product, family = spellings[0], trade.families[thing]
        chains.node(product, "product", keywords=list(spellings[1:]))
        chains.makers[product] = (number, thing)
        chains.link(product, trade.name_zh, "part_of")
        materials = trade.materials[family]
        chosen = [*materials[:_MATERIALS_A_FAMILY], *(m for m in materials if m in planted)]
        for material in dict.fromkeys(chosen):
            chains.node(material, "product")
            chains.supplies.setdefault(material, number)
            chains.link(material, product)
    for technique in trade.techniques[:_STAGES_A_TRADE]:
        chains.node(technique[0], "stage", keywords=list(technique[1:]))
        chains.supplies.setdefault(technique[0], number)
        for product in (objects[0] for objects in trade.objects[:3]):
            chains.link(technique[0], product)
    for instrument in trade.instruments[:_EQUIPMENT_A_TRADE]:
        chains.node(instrument.names[0], "product", keywords=list(instrument.names[1:]))
        chains.supplies.setdefault(instrument.names[0], number)
        chains.link(instrument.names[0], trade.techniques[0][0])


def _members(
    setting: Setting, chains: _Chains, dice: Dice
) -> Iterator[tuple[str, str, float | None, str]]:
    yield from _product_makers(setting, dice)
    missing, weak = planted_gaps()["missing"], planted_gaps()["weak"]
    for name, trade in chains.supplies.items():
        if name in chains.makers:
            continue
        here = 0 if name in missing else 1 if name in weak else _SUPPLIERS_HERE
        share = (0.02, 0.06) if name in weak else (0.15, 0.6)
        makers = setting.makers[trade] or setting.by_kind["enterprise"]
        # Suppliers are large firms of the trade, a weak one is its smallest.
        by_size = sorted(
            makers, key=lambda one: (setting.frame.organisations[one].staff_count, one)
        )
        pool = by_size[:1] if name in weak else by_size[-2 * _SUPPLIERS_HERE :]
        for number in sorted(dice.several(pool, min(here, len(pool)))):
            owner = setting.frame.organisations[number]
            yield name, owner.key, round(dice.between(*share), 3), "供应商"
        elsewhere = _SUPPLIERS_ELSEWHERE if name in (*missing, *weak) else 1
        for _ in range(elsewhere):
            firm = _outside_firm(setting.frame.trades[trade], dice)
            yield name, firm, round(dice.between(0.3, 0.9), 3), "市外供应商"


def _product_makers(setting: Setting, dice: Dice) -> Iterator[tuple[str, str, float | None, str]]:
    for number in setting.by_kind["enterprise"]:
        owner = setting.frame.organisations[number]
        registered = dice.chance(_REGISTERED_PROB)
        left = dice.between(0.6, 1.0)
        for thing in owner.products:
            share = round(left * dice.between(0.4, 0.8), 3)
            left -= share
            if registered:
                product = setting.frame.trades[owner.industry].objects[thing][0]
                yield product, owner.key, share, "主营产品"


def _outside_firm(trade: Industry, dice: Dice) -> str:
    place = dice.pick(chain_words()["outside_places"])
    brand = "".join(dice.several(list(names()["brand_characters"]), 2))
    return f"{place}{brand}{dice.pick(trade.trade_words)}有限公司"
