"""Values made quickly are the values that dataclasses makes."""

from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from silian.engines.graph import Evidence, Link, OrganisationRecord
from silian.engines.graph.resolution_frozen import made_quickly


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plain:
    name: str
    codes: dict[str, str] = field(default_factory=dict)
    kind: str | None = None

    def __post_init__(self):
        if self.kind is None:
            object.__setattr__(self, "kind", self.name)


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class _Quick(_Plain):
    place: str = "宁波"


def test_defaults_inherited_fields_and_the_step_after_are_set():
    one = _Quick(name="屹澍")
    assert (one.name, one.codes, one.kind, one.place) == ("屹澍", {}, "屹澍", "宁波")
    assert one.codes is not _Quick(name="屹澍").codes
    assert replace(one, name="沐岚") == _Quick(name="沐岚", kind="屹澍")


def test_nothing_can_be_set_later_and_nothing_unknown_be_given():
    with pytest.raises(FrozenInstanceError):
        _Quick(name="屹澍").name = "沐岚"
    with pytest.raises(TypeError):
        _Quick(name="屹澍", colour="red")
    with pytest.raises(TypeError):
        _Quick()


def test_values_of_the_engine_compare_hash_and_follow_their_defaults():
    assert OrganisationRecord(record_id="a", name="屹澍").weak_codes == {}
    said = Evidence(comparison="name", level="same name", weight_bits=1.0)
    assert hash(said) == hash(replace(said))
    link = Link(left_id="a", right_id="b", weight_bits=1.0, probability=0.9, state="linked")
    assert link.found_state == "linked"
    assert replace(link, state="review").found_state == "linked"
