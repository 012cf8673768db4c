"""Public ids are the same everywhere and say their kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.identifiers import PREFIX_BY_KIND, UnknownKind, kind_of, public_id


def test_id_is_a_fixed_function_of_register_and_key() -> None:
    assert public_id("need", "city-needs", "2026-001") == "need-gr5qcddxwxn3z7gw"


@given(st.sampled_from(sorted(PREFIX_BY_KIND)), st.text(), st.text())
def test_every_id_names_its_kind_and_fits_its_column(kind: str, register: str, key: str) -> None:
    identifier = public_id(kind, register, key)
    assert kind_of(identifier) == kind
    assert len(identifier) <= 32


def test_kinds_keep_rows_of_equal_keys_apart() -> None:
    assert len({public_id(kind, "r", "k") for kind in PREFIX_BY_KIND}) == len(PREFIX_BY_KIND)


@pytest.mark.parametrize("call", [lambda: public_id("ned", "r", "k"), lambda: kind_of("ned-x")])
def test_unknown_kind_is_refused_with_the_allowed_ones(call) -> None:
    with pytest.raises(UnknownKind, match="expected"):
        call()
