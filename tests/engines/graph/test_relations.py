import pytest

from silian.engines.graph import RELATIONS
from silian.engines.graph.relations import relations_of

#: What the knowledge graph is to tell, whether or not records of it are loaded yet.
TOLD = [
    "works_at",
    "owns",
    "invents",
    "writes",
    "partner",
    "supplies",
    "produces",
    "in_chain_node",
    "located_in",
    "funds",
    "invests",
    "needs",
    "matched",
    "contracted",
    "books",
    "guides",
]


@pytest.mark.parametrize("name", TOLD)
def test_every_kind_of_tie_reads_both_ways_in_both_languages(name):
    relation = RELATIONS[name]
    for forward in (True, False):
        assert any("一" <= sign <= "鿿" for sign in relation.reads(forward=forward))
        assert relation.reads(forward=forward, language="en").isascii()


def test_a_type_without_words_reads_as_its_name():
    [known, unknown] = relations_of(["works_at", "sings"])
    assert (known.forward_zh, unknown.forward_en, unknown.backward_en) == (
        "任职于",
        "sings",
        "sings ←",
    )
