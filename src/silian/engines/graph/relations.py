"""What edges of each type mean, read forwards and backwards, in Chinese and in English."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How an edge of one type reads.

    Parameters
    ----------
    name
        The edge type.
    forward_zh, forward_en
        From source to target: "任职于", "works at".
    backward_zh, backward_en
        From target to source: "聘用", "employs".
    """

    name: str
    forward_zh: str
    backward_zh: str
    forward_en: str
    backward_en: str

    def reads(self, *, forward: bool, language: str = "zh") -> str:
        """Give the words of a step along or against the edge."""
        if language == "en":
            return self.forward_en if forward else self.backward_en
        return self.forward_zh if forward else self.backward_zh


_WORDS = (
    ("works_at", "任职于", "聘用", "works at", "employs"),
    ("owns", "持有", "为其所有", "owns", "is owned by"),
    ("invents", "发明", "发明人为", "invents", "is invented by"),
    ("writes", "撰写", "作者为", "writes", "is written by"),
    ("partner", "合作", "合作", "works with", "works with"),
    ("supplies", "供应给", "采购自", "supplies", "is supplied by"),
    ("produces", "生产", "由其生产", "produces", "is produced by"),
    ("in_chain_node", "属于环节", "环节包含", "belongs to the chain node", "includes"),
    ("upstream_of", "是上游，供给", "上游为", "is upstream of", "has upstream"),
    ("part_of", "属于", "包含", "is part of", "contains"),
    ("located_in", "位于", "辖内有", "is located in", "is the place of"),
    ("funds", "资助", "受其资助", "funds", "is funded by"),
    ("invests", "投资", "受其投资", "invests in", "has as investor"),
    ("needs", "提出需求", "需求方为", "needs", "is needed by"),
    ("matched", "匹配到", "匹配到", "is matched with", "is matched with"),
    ("contracted", "签约", "签约", "contracted with", "contracted with"),
    ("books", "预约", "被其预约", "books", "is booked by"),
    ("guides", "指导", "受其指导", "guides", "is guided by"),
    ("leads", "主持", "负责人为", "leads", "is led by"),
    ("takes_part_in", "参与", "参与方有", "takes part in", "has as participant"),
    ("relative_of", "亲属", "亲属", "is a relative of", "is a relative of"),
    ("about", "主题为", "相关的有", "is about", "is the topic of"),
)

#: The types of silian's own vocabulary, of which some wait for records; a snapshot may hold others.
RELATIONS: Mapping[str, Relation] = {
    name: Relation(
        name=name,
        forward_zh=forward_zh,
        backward_zh=backward_zh,
        forward_en=forward_en,
        backward_en=backward_en,
    )
    for name, forward_zh, backward_zh, forward_en, backward_en in _WORDS
}


def relations_of(types: Iterable[str], given: Iterable[Relation] = ()) -> tuple[Relation, ...]:
    """Words for each type, in order: those given, else silian's own, else the bare type.

    Examples
    --------
    >>> [relation.forward_zh for relation in relations_of(["works_at", "sings"])]
    ['任职于', 'sings']
    """
    known = dict(RELATIONS) | {relation.name: relation for relation in given}
    return tuple(known.get(name) or _bare(name) for name in types)


def _bare(name: str) -> Relation:
    against = f"{name} ←"
    return Relation(
        name=name, forward_zh=name, backward_zh=against, forward_en=name, backward_en=against
    )
