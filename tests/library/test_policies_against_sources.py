"""The policies say what the public texts say, where those are at hand."""

import json
import re
import unicodedata

import pytest

from silian.library.policy_files import policies

pytestmark = pytest.mark.real_data
DESIGNED = {"ningbo_research_top_up"}  # parameterised, no text was found
READ_ELSEWHERE = {"wuhu_consortium_lead"}  # its text is not among those at hand
SAMPLE_CITY = "9901"


def plain(text):
    """Without widths, spaces and punctuation, in which copies of a text differ."""
    return re.sub(r"[^\w%]", "", unicodedata.normalize("NFKC", text))


def regional_policies():
    return [
        one
        for one in policies()
        if one.region_code
        and not one.region_code.startswith(SAMPLE_CITY)
        and one.policy_id not in DESIGNED | READ_ELSEWHERE
    ]


def sources_of(policy):
    for condition in policy.conditions:
        yield condition.condition_id, condition.source
    for parameter in policy.parameters:
        for value in parameter.values:
            yield parameter.parameter_id, value.source
    if policy.amount:
        for step in (*policy.amount.tiers, *policy.amount.top_ups, *policy.amount.caps):
            yield step.label_en, step.source


@pytest.fixture(scope="module")
def folder(real_data):
    folder = real_data / "policies_cn"
    if not folder.is_dir():
        pytest.skip(f"the policy texts are not at {folder}")
    return folder


@pytest.fixture(scope="module")
def projects(folder):
    return json.loads((folder / "hangzhou_zhejiang_projects.json").read_text("utf-8"))


def test_every_quotation_of_a_regional_policy_stands_in_its_text(folder):
    texts = [path.read_text("utf-8") for path in folder.glob("*.txt")]
    for path in folder.glob("*.json"):
        rows = json.loads(path.read_text("utf-8"))
        texts += [str(value) for row in rows for value in row.values()]
    known = plain("\n".join(texts))
    strange = [
        (policy.policy_id, place, part)
        for policy in regional_policies()
        for place, source in sources_of(policy)
        for part in source.quote_zh.split("……")
        if plain(part) not in known
    ]
    assert strange == []


def test_every_project_of_the_list_is_a_policy(projects):
    written = {
        int(number)
        for policy in policies()
        for number in re.findall(r"清单第 (\d+) 项", policy.source.article)
    }
    assert written == {row["id"] for row in projects}


def test_payments_follow_the_words_and_say_where_the_number_differs(projects):
    for row in projects:
        in_words = re.search(r"(\d+)万元", row["subsidy"])
        if in_words is None:
            continue
        amount_cny = int(in_words[1]) * 10_000
        paying = [
            policy
            for policy in policies()
            if policy.source.article == f"清单第 {row['id']} 项" and policy.kind == "money"
        ]
        assert [policy_amount(policy) for policy in paying] == [amount_cny], row["name"]
        differs = row.get("subsidyNum", amount_cny // 10_000) * 10_000 != amount_cny
        told = any("文字与数字不一致" in note for note in paying[0].notes_zh)
        assert told == differs, row["name"]


def policy_amount(policy):
    """The one payment of a policy of the list."""
    (amount,) = (
        parameter.values[0].value
        for parameter in policy.parameters
        if parameter.parameter_id in {"award_cny", "at_most_cny"}
    )
    return amount


def test_what_is_read_from_a_damaged_page_is_not_verified():
    (subsidy,) = (
        one for one in policies() if one.policy_id == "ningbo_high_tech_zone_research_subsidy"
    )
    rates = [one for one in subsidy.parameters if one.unit == "rate"]
    assert len(rates) == 7
    assert not any(value.source.verified for one in rates for value in one.values)
