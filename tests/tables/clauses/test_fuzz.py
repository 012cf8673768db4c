"""Whatever is typed either becomes a clause or a ClauseError, and only our own SQL comes out."""

import re

import pytest
from clause_world import CONSTANTS, SCHEMA, conditions
from hypothesis import example, given, settings
from hypothesis import strategies as st

from silian.tables.clauses import FUNCTIONS, Clause, ClauseError, parse_clause
from silian.tables.sessions import DuckDBSession

LANGUAGE = "AND OR NOT IN IS NULL CASE WHEN THEN ELSE END BETWEEN LIKE TRUE FALSE DATE"
SIGNS = "( ) , + - * / = <> < > <= >= ; :: -> -- /* */ % || [ ] { } . ? $ @ # ' \" \\ `"
FOREIGN = (
    "SELECT FROM WHERE DROP TABLE facts read_csv COPY ATTACH PRAGMA SET CAST AS TRY lambda "
    "INTERVAL DISTINCT ESCAPE COLLATE FILTER OVER PARTITION QUALIFY UNION ALL ANY GLOB SIMILAR TO"
)
VALUES = "1 0.5 1e3 'x' '2024-01-01' 5% $$x$$ U&'x' E'\\n' _utf8'x'"
WORDS = [*SCHEMA.names, *FUNCTIONS, *CONSTANTS]
WORDS += " ".join([LANGUAGE, SIGNS, FOREIGN, VALUES]).split(" ")
# Everything that our SQL may be made of; names are quoted and listed, texts are in quotes.
_TEXT = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r'"([^"]*)"')
_OURS = {*FUNCTIONS, *LANGUAGE.split(" "), "AS", "BIGINT", "CAST", "DOUBLE", "NULLIF"}
_OURS |= {"day", "e", "month", "to_years"}


def assert_only_our_words(clause: Clause) -> None:
    bare = _TEXT.sub(" ", clause.sql())
    assert set(_NAME.findall(bare)) <= set(SCHEMA.names)
    bare = _NAME.sub(" ", bare)
    assert set(re.findall(r"[A-Za-z_]+", bare)) <= _OURS
    assert not re.search(r"--|/\*|;|::|\\|\$|\?|\[|\{", bare)


def read(text: str) -> Clause | None:
    try:
        return parse_clause(text, SCHEMA, constants=CONSTANTS)
    except ClauseError as error:
        place = error.details["position"]
    assert 0 <= place <= len(text)
    return None


@settings(max_examples=400)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join))
@example("listed = ( TRUE ) OR 1 = 1")
@example("NOT region_code IN ( 'x' )")
def test_words_in_any_order_become_a_clause_or_an_error(text):
    clause = read(text)
    if clause is not None:
        assert_only_our_words(clause)


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_becomes_a_clause_or_an_error(text):
    clause = read(text)
    if clause is not None:
        assert_only_our_words(clause)


@settings(max_examples=300)
@given(conditions, st.data())
def test_a_clause_with_something_slipped_in_is_refused_or_still_ours(text, data):
    place = data.draw(st.integers(0, len(text)))
    slipped = data.draw(st.sampled_from(WORDS) | st.text(max_size=3))
    clause = read(text[:place] + slipped + text[place:])
    if clause is not None:
        assert_only_our_words(clause)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "NOT " * 100_000 + "listed",
        "-" * 50_000 + "1",
        "CASE WHEN " * 2_000,
        "listed = (" * 5_000,
        "1" + "+1" * 2_900,
        "1" + "+(1" * 20 + ")" * 20,
        "revenue_cny " + "* -1 " * 1_000,
        "listed" + " = listed" * 600,
        "'" * 5_001,
        "abs(" * 20 + "revenue_cny" + ")" * 20,
    ],
)
def test_deep_and_long_texts_never_exhaust_the_stack(text):
    read(text)


HOSTILE_TEXTS = ["'; DROP TABLE facts; --", "' OR '1'='1", 'a"b', "`", "$$", "%'%", "''", "'"]


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_quotes_in_texts_and_parameters_stay_texts(hostile):
    written = "'" + hostile.replace("'", "''") + "'"
    clause = parse_clause(
        f"region_code = {written} AND region_code = home_code",
        SCHEMA,
        constants={"home_code": hostile},
    )
    with DuckDBSession(threads=1) as session:
        session.execute("CREATE TABLE facts (region_code VARCHAR)")
        session.connection.execute("INSERT INTO facts VALUES (?), ('other')", [hostile])
        found = session.query(f"SELECT region_code FROM facts WHERE {clause.sql()}").to_pylist()

    assert found == [{"region_code": hostile}]
