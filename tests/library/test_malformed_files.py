"""Every way to get a file wrong is told with file, line and remedy, in both languages."""

from pathlib import Path

import pytest

from silian.library.indicator_files import lint_system, parse_system
from silian.library.marked_yaml import MAX_CHARACTERS
from silian.library.policy_files import (
    lint_policies,
    lint_policy,
    lint_stacking,
    load_policy,
    parse_policy,
    policy_paths,
)
from silian.library.problems import FileRefused

HERE = Path(__file__).parent
POLICY = (HERE / "good_policy.yaml").read_text("utf-8")
SYSTEM = (HERE / "good_system.yaml").read_text("utf-8")

# id: (what is replaced, by what, code of the problem, words that stand on its line)
POLICY_EDITS = {
    # YAML itself
    "tab": ("  title: 示例办法", "\ttitle: 示例办法", "yaml_syntax", "\ttitle"),
    "unclosed_quote": ('"330200"', '"330200', "yaml_syntax", None),
    "colon_in_text": ("label_zh: 示例奖励", "label_zh: 示例: 奖励", "yaml_syntax", "示例: 奖励"),
    "anchor": ("kind: money", "kind: &kind money", "anchor_or_tag", "&kind"),
    "alias": ("kind: money", "kind: *kind", "anchor_or_tag", "*kind"),
    "tag": ("kind: money", "kind: !!python/name:os.system money", "anchor_or_tag", "!!python"),
    "second_document": ("lets:", "---\nlets:", "several_documents", "---"),
    "duplicate_key": ("label_en: Example award", "label_zh: 又一个", "duplicate_key", "又一个"),
    "duplicate_condition": ("  research:\n", "  titled:\n", "duplicate_key", ("titled:", 2)),
    "norway": ("verified: true", "verified: no", "ambiguous_value", "verified: no"),
    "key_on": ("window:\n", "on:  # key\n", "key_is_boolean", "# key"),
    "leading_zero": ('"330200"', "0330200", "ambiguous_value", "0330200"),
    "underscored": ("value: 100000", "value: 100_000", "ambiguous_value", "100_000"),
    "percent_sign": ("value: 0.05", "value: 5%", "ambiguous_value", "5%"),
    "figure_too_large": ("value: 100000", "value: 1e999", "figure_too_large", "1e999"),
    "no_such_day": ("valid_until: 2026-12-31", "valid_until: 2026-02-30", "no_such_day", "02-30"),
    "key_not_text": ("lets:\n", "[a]: 1\nlets:\n", "key_not_text", "[a]"),
    "too_deep": ("budget:", "deep: " + "[" * 40 + "]" * 40 + "\nbudget:", "too_deep", "deep:"),
    "a_list": (POLICY, "- policy_id: example_award\n", "not_a_mapping", None),
    "empty_file": (POLICY, "", "not_a_mapping", None),
    "huge": (POLICY, POLICY + "#" * MAX_CHARACTERS, "file_too_large", None),
    # form
    "unknown_key": ("    when:", "    wenn:", "unknown_key", "wenn:"),
    "unknown_key_at_top": ("budget:\n", "bugdet:\n", "unknown_key", "bugdet:"),
    "missing_source": ("    source: {article: 第二条}\n", "", "missing_key", "titled:"),
    "missing_kind": ("kind: money\n", "", "missing_key", None),
    "kind_not_allowed": ("kind: money", "kind: grant", "value_not_allowed", "grant"),
    "rationing_not_allowed": ("pro_rata", "lottery", "value_not_allowed", "lottery"),
    "unit_not_allowed": ("unit: cny", "unit: 万元", "value_not_allowed", "万元"),
    "number_for_text": ("label_en: Example award", "label_en: 2025", "wrong_type", "2025"),
    "text_for_day": ("valid_from: 2025-01-01\nv", "valid_from: 元旦\nv", "wrong_type", "元旦"),
    "region_unquoted": ('"330200"', "330200", "wrong_type", "330200"),
    "region_too_short": ('"330200"', '"3302"', "malformed_value", "3302"),
    "id_in_capitals": (
        "policy_id: example_award",
        "policy_id: ExampleAward",
        "malformed_value",
        "ExampleAward",
    ),
    "link_no_address": (
        "  link: https://example.org/award",
        "  link: 见附件",
        "malformed_value",
        "见附件",
    ),
    "mapping_for_list": (
        "attachments:\n",
        "notes_zh: {a: b}\nattachments:\n",
        "wrong_type",
        "notes_zh",
    ),
    "no_tiers": (
        POLICY[POLICY.index("    award:\n") : POLICY.index("budget:")],
        "    {}\n",
        "empty_value",
        "{}",
    ),
    # meaning
    "dates_reversed": (
        "valid_until: 2026-12-31",
        "valid_until: 2024-12-31",
        "dates_reversed",
        "2024-12-31",
    ),
    "window_day": ('"04-30"', '"04-31"', "no_such_day", "04-31"),
    "money_without_amount": (
        POLICY[POLICY.index("amount:\n") : POLICY.index("budget:")],
        "",
        "money_without_amount",
        "kind:",
    ),
    "amount_on_title": (
        "kind: money",
        "kind: title\ntitle_code: little_giant",
        "amount_unfitting",
        "amount:",
    ),
    "title_without_code": ("kind: money", "kind: title", "title_without_code", "kind:"),
    "unknown_title_code": (
        "kind: money",
        "kind: title\ntitle_code: litle_giant",
        "unknown_code",
        "litle",
    ),
    "title_code_on_money": (
        "kind: money",
        "kind: money\ntitle_code: little_giant",
        "title_code_unfitting",
        "title_code",
    ),
    "source_not_traceable": (
        "  document_number: 示科〔2025〕1号\n  link: https://example.org/award\n",
        "",
        "source_not_traceable",
        "source:",
    ),
    "verified_without_link": (
        "  link: https://example.org/award\n",
        "",
        "verified_without_link",
        "verified: true",
    ),
    "negative_parameter": ("value: 100000", "value: -100000", "negative_amount", "-100000"),
    "reserved_policy_id": (
        "policy_id: example_award",
        "policy_id: subject_id",
        "policy_id_reserved",
        "policy_id",
    ),
    "condition_named_like_a_column": (
        "  titled:\n",
        "  amount_cny:\n",
        "policy_duplicate_id",
        "label_zh: 高新技术企业",
    ),
    "half_character": ("示例奖励", "示例\ud800", "half_character", "label_zh"),
    "clause_not_named": (
        "source: {article: 第二条}",
        "source: {verified: true}",
        "clause_not_named",
        "{verified",
    ),
    "percent_as_five": ("value: 0.05", "value: 5", "percent_not_fraction", "value: 5"),
    "value_unlike_unit": ("value: 100000", "value: 十万", "value_unlike_unit", "十万"),
    "no_value_on_first_day": (
        "{valid_from: 2025-01-01,",
        "{valid_from: 2025-07-01,",
        "no_value_on_first_day",
        "2025-07-01",
    ),
    "values_out_of_order": (
        "{valid_from: 2026-01-01,",
        "{valid_from: 2024-01-01,",
        "values_out_of_order",
        "values:",
    ),
    "values_of_several_types": ("value: 0.06", "value: true", "values_of_several_types", "values:"),
    "value_and_values": (
        "    unit: rate\n    values:",
        "    unit: rate\n    value: 0.05\n    values:",
        "parameter_value",
        "research_at_least_rate:",
    ),
    "unused_parameter": (
        "amount_cny: award_cny\n      source",
        "amount_cny: revenue_cny\n      source",
        None,
        None,
    ),
    "parameter_named_like_fact": ("  award_cny:\n", "  profit_cny:\n", "name_taken", "profit_cny:"),
    "let_named_like_parameter": (
        "  short_rate:\n",
        "  award_cny:\n",
        "name_taken",
        ("award_cny:", 2),
    ),
    "let_before_its_time": (
        "research_expense_cny / revenue_cny",
        "1 - short_rate",
        "let_used_too_early",
        "1 - short_rate",
    ),
    "let_of_itself": (
        "research_at_least_rate - research_rate",
        "short_rate - research_rate",
        "let_used_too_early",
        "short_rate - research_rate",
    ),
    # expressions
    "unknown_fact": (
        "research_rate > 0",
        "reserch_rate > 0",
        "clause_unknown_name",
        "reserch_rate",
    ),
    "unknown_fact_in_second_line": (
        "AND revenue_cny > 0",
        "AND revenu_cny > 0",
        "clause_unknown_name",
        "AND revenu_cny",
    ),
    "unknown_code": (
        "'high_tech_enterprise'",
        "'high_tec_enterprise'",
        "unknown_code",
        "high_tec_",
    ),
    "figure_in_expression": (
        "research_rate > 0",
        "research_rate > 0.03",
        "figure_in_expression",
        "0.03",
    ),
    "condition_not_boolean": (
        "has(titles, 'high_tech_enterprise')",
        "revenue_cny",
        None,
        "expression: revenue_cny",
    ),
    "amount_not_number": (
        "      amount_cny: award_cny",
        "      amount_cny: revenue_cny > 0",
        None,
        "amount_cny: revenue_cny > 0",
    ),
    "types_mixed": ("research_rate > 0", "region_code > 0", None, "region_code > 0"),
    "subquery": ("research_rate > 0", "revenue_cny > (SELECT 1)", None, "SELECT"),
    "statement": ("research_rate > 0", "TRUE; DROP TABLE facts", None, "DROP"),
    "comment": ("research_rate > 0", "TRUE -- 总是", None, "总是"),
    "unknown_function": ("research_rate > 0", "sqrt(revenue_cny) > 0", None, "sqrt"),
    "unbalanced": ("research_rate > 0", "(research_rate > 0", None, "(research_rate"),
    "budget_reads_facts": (
        "  amount_cny: award_cny\n  rationing",
        "  amount_cny: revenue_cny\n  rationing",
        "clause_unknown_name",
        ("amount_cny: revenue_cny", 1),
    ),
}

SYSTEM_EDITS = {
    "unknown_subject": ("subject: enterprise", "subject: company", "value_not_allowed", "company"),
    "version_as_number": ('version: "2025"', "version: 2025", "wrong_type", "version: 2025"),
    "unknown_key_in_leaf": ("    full_score: 40", "    fullscore: 40", "unknown_key", "fullscore"),
    "unknown_method": ("method: bands", "method: steps", "value_not_allowed", "steps"),
    "no_normalisation": (
        "        normalisation: {method: anchored, worst: 0, best: 0.3}\n",
        "",
        "missing_key",
        "to_cost:",
    ),
    "empty_branch": (SYSTEM[SYSTEM.index("      to_revenue") :], "      {}\n", "empty_value", "{}"),
    "duplicate_indicator": (
        "      to_cost:\n",
        "      to_revenue:\n",
        "duplicate_key",
        ("to_revenue:", 2),
    ),
    "dates_reversed": (
        "valid_from: 2025-01-01",
        "valid_from: 2025-01-01\nvalid_until: 2024-01-01",
        "dates_reversed",
        "2024-01-01",
    ),
    "verified_without_link": (
        "  link: https://example.org/standard\n",
        "  document_number: 示科〔2025〕2号\n",
        "verified_without_link",
        "verified: true",
    ),
    "source_not_traceable": (
        "  link: https://example.org/standard\n",
        "",
        "source_not_traceable",
        "source:",
    ),
    "band_above_full_score": ("points: 20}", "points: 45}", "band_points", "points: 45"),
    "band_without_points": (
        "{at_least: 0.1, points: 20}",
        "{at_least: 0.1}",
        "band_points",
        "{at_least: 0.1}",
    ),
    "share_above_one": (
        "{at_least: 0.1, points: 20}",
        "{at_least: 0.1, share: 20}",
        "value_out_of_range",
        "share: 20",
    ),
    "bands_out_of_order": ("at_least: 0.1", "at_least: 0.4", "system_refused", "normalisation:"),
    "anchors_equal": (
        "worst: 0, best: 0.06",
        "worst: 0.06, best: 0.06",
        "system_refused",
        "worst: 0.06",
    ),
    "anchors_against_direction": (
        "worst: 0, best: 0.06",
        "worst: 0.06, best: 0",
        "system_refused",
        "worst: 0.06",
    ),
    "id_in_two_branches": ("      to_revenue:\n", "      staff:\n", "system_refused", None),
    "weight_given_twice": (
        "pass_at_least: 60",
        "weighting: {method: critic}\npass_at_least: 60",
        "weight_given_twice",
        "full_score: 40",
    ),
    "unknown_fact": (
        "expression: staff_rate",
        "expression: staf_rate",
        "clause_unknown_name",
        "staf_rate",
    ),
    "let_named_like_fact": ("  staff_rate: {", "  profit_cny: {", "name_taken", "profit_cny:"),
    "truth_for_number": (
        "expression: staff_rate",
        "expression: staff_rate > 0",
        None,
        "staff_rate > 0",
    ),
    "unknown_code": ("'high_tech_enterprise'", "'high_tec'", "unknown_code", "'high_tec'"),
    "norway": ("official: true", "official: on", "ambiguous_value", "official: on"),
}


def line_of(text, words):
    """Line on which the words stand; ``(words, n)``: for the n-th time."""
    if words is None:
        return None
    words, nth = words if isinstance(words, tuple) else (words, 1)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if words in line]
    return lines[nth - 1]


def edited(good, old, new):
    assert old in good, "the edit must touch the good file"
    return good.replace(old, new, 1)


def assert_told(problems, text, code, words):
    assert problems, "the file must be refused"
    line = line_of(text, words)
    fitting = [
        problem
        for problem in problems
        if (code is None or problem.code == code) and (line is None or problem.line == line)
    ]
    assert fitting, [(problem.line, problem.code, problem.message_en) for problem in problems]
    for problem in problems:
        assert problem.path == "draft.yaml"
        assert 1 <= problem.line <= max(len(text.splitlines()), 1) + 1
        assert problem.column >= 1
        assert problem.code
        assert problem.message_zh != problem.message_en
        assert problem.remedy_zh != problem.remedy_en
        assert all((problem.message_zh, problem.message_en, problem.remedy_zh, problem.remedy_en))


def test_the_good_files_have_no_problem():
    assert lint_policy(POLICY, "draft.yaml") == []
    assert lint_system(SYSTEM, "draft.yaml") == []


@pytest.mark.parametrize(("old", "new", "code", "words"), POLICY_EDITS.values(), ids=POLICY_EDITS)
def test_a_malformed_policy_is_refused_at_its_line(request, old, new, code, words):
    if "unused_parameter" in request.node.callspec.id:
        text = edited(POLICY, old, new).replace(
            "  amount_cny: award_cny\n", "  amount_cny: research_at_least_rate\n"
        )
        assert_told(lint_policy(text, "draft.yaml"), text, "unused_parameter", "  award_cny:")
        return
    text = edited(POLICY, old, new)
    assert_told(lint_policy(text, "draft.yaml"), text, code, words)
    with pytest.raises(FileRefused):
        parse_policy(text, "draft.yaml")


@pytest.mark.parametrize(("old", "new", "code", "words"), SYSTEM_EDITS.values(), ids=SYSTEM_EDITS)
def test_a_malformed_system_is_refused_at_its_line(old, new, code, words):
    text = edited(SYSTEM, old, new)
    assert_told(lint_system(text, "draft.yaml"), text, code, words)
    with pytest.raises(FileRefused):
        parse_system(text, "draft.yaml")


def test_a_wrong_name_is_told_to_the_character():
    text = edited(POLICY, "AND revenue_cny > 0", "AND revenu_cny > 0")
    (problem,) = lint_policy(text, "draft.yaml")
    line = text.splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("revenu_cny")
    assert "revenue_cny" in problem.remedy_en


@pytest.mark.parametrize(
    "written",
    [
        ">-\n      -nobody\n      > 0",
        "|\n      -nobody\n      > 0",
        "'-nobody > 0'",
        '"-nobody > 0"',
        "-nobody > 0",
    ],
)
def test_a_wrong_name_is_found_in_every_style_of_text(written):
    text = edited(POLICY, "has(titles, 'high_tech_enterprise')", written)
    problems = lint_policy(text, "draft.yaml")
    assert {problem.code for problem in problems} == {"clause_unknown_name"}
    line = text.splitlines()[problems[0].line - 1]
    assert line[problems[0].column - 1 :].startswith("nobody")


BUDGET = "budget:\n  amount_cny: award_cny\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "day"),
    [
        ("      amount_cny: award_cny\n", "      amount_cny: 0 - award_cny\n",
         "policy_negative_amount", "2025-01-01"),
        (BUDGET, "budget:\n  amount_cny: 0 - award_cny\n", "policy_budget", "2025-01-01"),
        (BUDGET, "budget:\n  amount_cny: award_cny / 0\n", "policy_budget", "2025-01-01"),
        (BUDGET, "budget:\n  amount_cny: award_cny * research_at_least_rate\n",
         "policy_budget", "2026-01-01"),
    ],
)  # fmt: skip
def test_a_policy_that_fails_on_any_of_its_days_is_refused_now(old, new, code, day):
    text = edited(edited(POLICY, "value: 0.06", "value: -0.06"), old, new)
    problems = lint_policy(text, "draft.yaml")
    assert [(one.code, f"From {day}" in one.message_en) for one in problems] == [(code, True)]
    assert text.splitlines()[problems[0].line - 1] == new.splitlines()[-1]


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    path = tmp_path / "example_award.yaml"
    path.write_bytes(b"policy_id: example_award\n" + "label_zh: 示例".encode("gb18030"))
    with pytest.raises(FileRefused) as refusal:
        load_policy(path)
    assert [(one.line, one.code) for one in refusal.value.problems] == [(2, "not_utf8")]


def test_a_byte_order_mark_is_no_matter(tmp_path):
    path = tmp_path / "example_award.yaml"
    path.write_text(POLICY, "utf-8-sig")
    assert load_policy(path) == parse_policy(POLICY)


def test_every_problem_is_told_at_once():
    text = edited(edited(POLICY, "value: 0.05", "value: 5"), "'high_tech_enterprise'", "'high'")
    codes = [problem.code for problem in lint_policy(text, "draft.yaml")]
    assert codes == ["percent_not_fraction", "unknown_code"]


def test_versions_that_overlap_are_refused_between_files(tmp_path):
    (tmp_path / "example_award.yaml").write_text(POLICY, "utf-8")
    later = POLICY.replace("valid_from: 2025-01-01\n", "valid_from: 2026-06-01\n")
    (tmp_path / "example_award-2026.yaml").write_text(later, "utf-8")
    assert [problem.code for problem in lint_policies(tmp_path)] == ["overlapping_versions"]


def test_a_file_is_named_for_its_policy(tmp_path):
    (tmp_path / "another.yaml").write_text(POLICY, "utf-8")
    assert [problem.code for problem in lint_policies(tmp_path)] == ["file_name"]


@pytest.mark.parametrize(
    ("group", "code"),
    [
        ("rule: exclusive\n    policy_ids: [nobody]", "unknown_policy"),
        ("rule: exclusive\n    policy_ids: [example_award, example_award]", "unknown_policy"),
        ("rule: cap\n    policy_ids: [example_award]", "group_figure"),
        ("rule: at_most\n    policy_ids: [example_award]", "group_figure"),
        ("rule: exclusive\n    limit_cny: 5\n    policy_ids: [example_award]", "group_figure"),
        ("rule: best\n    policy_ids: [example_award]", "value_not_allowed"),
    ],
)
def test_a_malformed_stacking_group_is_refused(group, code):
    text = (
        "groups:\n  one:\n    label_zh: 组\n    label_en: Group\n    "
        f"{group}\n    source: {{title: 办法, issuer: 局, verified: true}}\n"
    )
    problems = lint_stacking(text, "draft.yaml", ["example_award"])
    assert_told(problems, text, code, None)


def test_at_least_forty_five_malformed_files_are_tried():
    assert len(POLICY_EDITS) + len(SYSTEM_EDITS) >= 45


def test_the_library_itself_has_no_problem():
    assert lint_policies() == []
    assert len(policy_paths()) >= 58
