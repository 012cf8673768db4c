"""What is not of the language is refused with its place and a way to mend it."""

import pickle

import pytest
from clause_world import CONSTANTS, SCHEMA

from silian.tables.clauses import ClauseError, parse_clause

# text, code, offset of the place
REFUSED = [
    ("", "clause_empty", 0),
    (" \n\t", "clause_empty", 0),
    ("revenue_cny +", "clause_syntax", 12),
    ("revenue_cny >", "clause_syntax", 12),
    ("listed AND", "clause_syntax", 7),
    ("revenue_cny > (1", "clause_syntax", 15),
    ("revenue_cny > 1)", "clause_syntax", 15),
    ("revenue_cny BETWEEN 1", "clause_syntax", 20),
    ("NOT", "clause_syntax", 0),
    ("CASE", "clause_syntax", 0),
    ("region_code = 'x", "clause_syntax", 14),
    ("revenue_cny, profit_cny", "clause_syntax", 11),
    ("1 = 1 LIMIT 1", "clause_unknown_name", 6),
    ("revenu_cny > 1", "clause_unknown_name", 0),
    ("1 < Revenue_cny", "clause_unknown_name", 4),
    ("current_date > established_on", "clause_unknown_name", 0),
    ("region_code ILIKE 'x'", "clause_unknown_name", 12),
    ("region_code LIKE 'x' ESCAPE '!'", "clause_unknown_name", 21),
    ("revenue_cny AS x", "clause_unknown_name", 12),
    ("0x1F", "clause_unknown_name", 1),
    ("sum(revenue_cny)", "clause_unknown_function", 0),
    ("count(*)", "clause_unknown_function", 0),
    ("1 < roundd(revenue_cny)", "clause_unknown_function", 4),
    ("sum(revenue_cny) OVER ()", "clause_unknown_function", 0),
    ("read_csv('/etc/passwd')", "clause_unknown_function", 0),
    ("cast(revenue_cny AS integer)", "clause_unknown_function", 0),
    ("if(listed, 1, 2)", "clause_unknown_function", 0),
    ("nullif(revenue_cny, 0)", "clause_unknown_function", 0),
    ("date(established_on)", "clause_unknown_function", 0),
    ("COLUMNS(*) > 1", "clause_unknown_function", 0),
    ("getenv('HOME') = 'x'", "clause_unknown_function", 0),
    ("(SELECT 1)", "clause_subquery", 1),
    ("revenue_cny IN (SELECT 1)", "clause_subquery", 16),
    ("exists(SELECT 1)", "clause_subquery", 0),
    ("FROM 'file.csv'", "clause_subquery", 0),
    ("revenue_cny > ALL (1)", "clause_subquery", 14),
    ("WITH x AS (SELECT 1) SELECT 1", "clause_subquery", 0),
    ("DROP TABLE facts", "clause_statement", 0),
    ("1 = 1; DELETE FROM facts", "clause_statement", 5),
    ("COPY facts TO 'x'", "clause_statement", 0),
    ("ATTACH 'x.db'", "clause_statement", 0),
    ("listed;", "clause_statement", 6),
    ("listed -- note", "clause_comment", 7),
    ("listed /* note */", "clause_comment", 7),
    ("/**/ listed", "clause_comment", 0),
    ("revenue_cny::integer", "clause_not_allowed", 11),
    ("x -> x", "clause_unknown_name", 0),
    ("revenue_cny -> 1", "clause_not_allowed", 12),
    ("revenue_cny // 2", "clause_not_allowed", 12),
    ("revenue_cny % 2", "clause_not_allowed", 12),
    ("revenue_cny > 5%", "clause_not_allowed", 15),
    ("revenue_cny ** 2", "clause_not_allowed", 12),
    ("revenue_cny ^ 2", "clause_not_allowed", 12),
    ("region_code || 'x'", "clause_not_allowed", 12),
    ("region_code[1]", "clause_not_allowed", 11),
    ("{'a': 1}", "clause_not_allowed", 0),
    ("facts.revenue_cny", "clause_unknown_name", 0),
    ("revenue_cny.facts", "clause_not_allowed", 11),
    ('"revenue_cny" > 1', "clause_not_allowed", 0),
    ("revenue_cny > ?", "clause_not_allowed", 14),
    ("revenue_cny > $1", "clause_not_allowed", 14),
    ("@revenue_cny", "clause_not_allowed", 0),
    ("region_code ~ 'x'", "clause_not_allowed", 12),
    ("region_code = E'x'", "clause_not_allowed", 14),
    ("listed IS TRUE", "clause_not_allowed", 0),
    ("revenue_cny IS NOT DISTINCT FROM 1", "clause_unknown_name", 19),
    ("CASE employee_count WHEN 1 THEN 2 ELSE 3 END", "clause_not_allowed", 5),
    ("revenue_cny IN (profit_cny)", "clause_not_allowed", 16),
    ("region_code LIKE industry_code", "clause_not_allowed", 0),
    ("(revenue_cny, profit_cny) = (1, 2)", "clause_not_allowed", 1),
    ("*", "clause_not_allowed", 0),
    ("()", "clause_not_allowed", 0),
    ("DATE established_on", "clause_not_allowed", 0),
    ("revenue_cny = NULL", "clause_null", 14),
    ("coalesce(revenue_cny, NULL)", "clause_null", 22),
    ("CASE WHEN listed THEN 1 END", "clause_case_without_else", 10),
    ("established_on > DATE '2024-13-01'", "clause_date", 22),
    ("established_on > DATE '1 May 2024'", "clause_date", 22),
    ("revenue_cny > 1_000", "clause_number", 14),
    ("revenue_cny > 1e999", "clause_number", 14),
    ("region_code = 'a\\'", "clause_text", 14),
    ("region_code = 'a\nb'", "clause_text", 14),
    ("listed\x00", "clause_character", 6),
    ("listed\ud800", "clause_character", 6),
    ("revenue_cny ＞ 1", "clause_full_width", 12),
    ("round（revenue_cny）", "clause_full_width", 5),
    ("region_code = ‘x’", "clause_full_width", 14),
    ("region_code > 3", "clause_type", 14),
    ("established_on > '2024-01-01'", "clause_type", 17),
    ("listed > audited", "clause_type", 0),
    ("titles = 'a'", "clause_type", 0),
    ("titles IN ('a')", "clause_type", 0),
    ("has(region_code, 'a')", "clause_type", 4),
    ("has(titles, region_code)", "clause_arguments", 12),
    ("has(titles, 'a;b')", "clause_arguments", 12),
    ("has(titles, '')", "clause_arguments", 12),
    ("revenue_cny AND listed", "clause_type", 0),
    ("NOT revenue_cny", "clause_type", 4),
    ("listed + 1", "clause_type", 0),
    ("established_on - established_on", "clause_type", 0),
    ("- region_code", "clause_type", 2),
    ("CASE WHEN revenue_cny THEN 1 ELSE 2 END", "clause_type", 10),
    ("CASE WHEN listed THEN 1 ELSE 'x' END", "clause_type", 29),
    ("least(revenue_cny, 'x')", "clause_type", 19),
    ("least(listed, audited)", "clause_type", 6),
    ("year(revenue_cny)", "clause_type", 5),
    ("starts_with(employee_count, 'x')", "clause_type", 12),
    ("revenue_cny BETWEEN 1 AND 2 AND 3", "clause_type", 32),
    ("years_between(established_on)", "clause_arguments", 0),
    ("add_years(established_on, employee_count) = as_of", "clause_arguments", 26),
    ("add_years(established_on, 1.5) = as_of", "clause_arguments", 26),
    ("add_years(revenue_cny, 1) = as_of", "clause_type", 10),
    ("least(revenue_cny)", "clause_arguments", 0),
    ("round(revenue_cny, profit_cny)", "clause_arguments", 19),
    ("round(revenue_cny, 99)", "clause_arguments", 19),
    ("(" * 30 + "listed" + ")" * 30, "clause_too_deep", 24),
    ("NOT NOT NOT NOT listed", "clause_too_deep", 12),
    ("revenue_cny" + " + 1" * 120 + " > 0", "clause_too_deep", 0),
    ("CASE" + " WHEN listed THEN 1" * 61 + " ELSE 2 END", "clause_too_deep", 10),
    ("listed" + " OR listed" * 800, "clause_too_long", 6000),
]


@pytest.mark.parametrize(("text", "code", "position"), REFUSED)
def test_refused_with_code_and_place(text, code, position):
    with pytest.raises(ClauseError) as caught:
        parse_clause(text, SCHEMA, constants=CONSTANTS)

    error = caught.value
    assert (error.code, error.details["position"]) == (code, position)
    assert error.details["text"] == text
    assert str(error)
    assert error.message_zh


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("revenu_cny > 1", "revenue_cny"),
        ("REVENUE_CNY > 1", "revenue_cny"),
        ("revenue > 1", "revenue_cny"),
        ("years_betwen(established_on, as_of) > 1", "years_between"),
        ("start_with(region_code, 'x')", "starts_with"),
        ("revenue_cny ≥ 1", ">="),
        ("established_on > '2024-01-01'", "DATE '2024-01-31'"),
        ("qqqq > 1", ""),
    ],
)
def test_near_names_are_suggested(text, suggestion):
    with pytest.raises(ClauseError) as caught:
        parse_clause(text, SCHEMA, constants=CONSTANTS)

    assert caught.value.details["suggestion"] == suggestion


def test_line_and_column_count_from_one():
    with pytest.raises(ClauseError) as caught:
        parse_clause("revenue_cny > 1\n  AND revenu_cny < 2", SCHEMA)

    details = caught.value.details
    assert (details["position"], details["line"], details["column"]) == (22, 2, 7)


def test_the_error_survives_pickling():
    with pytest.raises(ClauseError) as caught:
        parse_clause("revenu_cny > 1", SCHEMA)

    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.code, str(copy), copy.details) == (
        caught.value.code,
        str(caught.value),
        caught.value.details,
    )


def test_a_result_of_another_type_is_refused():
    with pytest.raises(ClauseError, match="gives number; boolean is needed") as caught:
        parse_clause("revenue_cny + 1", SCHEMA, expected_type="boolean")

    assert caught.value.code == "clause_result_type"


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "a\\b", "a\nb", None, [1], 1j])
def test_constants_that_no_clause_could_hold_are_refused(value):
    with pytest.raises(ClauseError) as caught:
        parse_clause("revenue_cny > limit_cny", SCHEMA, constants={"limit_cny": value})

    assert caught.value.code == "clause_constant"


def test_lets_that_double_again_and_again_are_refused_before_they_grow():
    lets = {"let_0": parse_clause("revenue_cny + 1", SCHEMA)}

    def double() -> None:
        for step in range(30):
            lets[f"let_{step + 1}"] = parse_clause(f"let_{step} + let_{step}", SCHEMA, names=lets)

    with pytest.raises(ClauseError) as caught:
        double()

    assert caught.value.code == "clause_too_deep"
    assert len(lets) < 20
