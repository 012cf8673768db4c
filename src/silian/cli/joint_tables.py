"""Joint plans as tables of the command line."""

from typing import TYPE_CHECKING

from silian.cli.console import say
from silian.cli.enterprises import print_table, yuan
from silian.cli.entitlement_tables import change_words

if TYPE_CHECKING:
    from silian.portal.industry.domain.joint_planning import JointGuidance


def print_joint_guidance(found: "JointGuidance") -> None:
    """Each change with its cost and what it is for; or why there is no plan."""
    from silian.portal.industry.domain.joint_planning import joint_values

    values = joint_values(found)
    for one in values["held"]:
        say(f"✓ 已符合 Met: {one['policy_id']} {one['label_zh']}", style="green")
    if found.plan is None:
        say("✓ 所选政策都已符合 All of them are met", style="green")
        return
    plan = values["plan"]
    if not found.changes:
        say(f"没有可行路径：{plan['message_zh']} No plan: {plan['message']}", style="yellow")
        for one in plan["obstacles"]:
            say(f"· {one['policy_id']} {one['label_zh']}：{one['message_zh']} [{one['reason']}]")
        return
    print_table(
        "一并规划 Together · " + "、".join(one["label_zh"] for one in values["wanted"]),
        ["改变 Change", "成本 Cost", "为了 For"],
        [
            [
                change_words(one.change),
                yuan(one.change.cost_cny),
                "、".join(each["label_zh"] for each in told["needed_by"]),
            ]
            for one, told in zip(found.changes, plan["changes"], strict=True)
        ],
    )
    for one in plan["unlocks"]:
        say(f"+ 同时打开 Also opens: {one['label_zh']} {yuan(one['amount_cny'])}")
    say(
        f"预计成本 Cost {yuan(plan['cost_cny'])} · 最优组合 Best combination "
        f"{yuan(found.total_cny)} → {yuan(found.total_after_cny)}"
    )
    say("成本为运营方的规划假设。Costs are planning assumptions.")
