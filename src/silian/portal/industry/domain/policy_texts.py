"""Policies as people write them: YAML text to a policy, with every problem and its remedy."""

import hashlib
import re
from typing import TYPE_CHECKING

from silian.engines.rules.values import Policy
from silian.errors import EngineError
from silian.portal.bilingual import choose

if TYPE_CHECKING:
    from silian.library.policy_files import Problem

_PLACE = "draft.yaml"
_ID = re.compile(r"[a-z0-9_-]+")
_NAMING_KEYS = ("policy_id", "id", "label_zh")


class PolicyTextRefused(EngineError, ValueError):
    """A policy text that is no policy; ``problems`` say where, why and what to do."""

    code = "policy_text_refused"

    def __init__(self, problems: "tuple[Problem, ...]") -> None:
        first = problems[0]
        super().__init__(
            f"line {first.line}: {first.message_en} {first.remedy_en} "
            f"({len(problems)} problems in all)",
            line=first.line,
        )
        self.problems = problems
        self.message_zh = (
            f"第 {first.line} 行：{first.message_zh}{first.remedy_zh}（共 {len(problems)} 处问题）"
        )

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, str(self))


def text_mark(text: str) -> str:
    """Mark of a text: who reads it approves that text and no other."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def problems_of(text: str) -> "tuple[Problem, ...]":
    """Everything that is wrong with a policy text; empty where it can be compiled."""
    from silian.library.policy_files import lint_policy

    return tuple(lint_policy(text, _PLACE))


def policy_of(text: str) -> Policy:
    """The policy that a text describes.

    Raises
    ------
    PolicyTextRefused
        With every problem that the linter finds.
    """
    from silian.library.policy_files import parse_policy

    problems = problems_of(text)
    if problems:
        raise PolicyTextRefused(problems)
    return parse_policy(text, _PLACE)


def published_policy_of(text: str) -> Policy:
    """The policy of a text that was published: its form is read, the linter's other rules are not.

    A stricter linter of a later version must not put out of force what was published before it;
    whether the expressions still compile is asked day by day.

    Raises
    ------
    PolicyTextRefused
        If the text no longer has the form of a policy.
    """
    from silian.library.marked_yaml import read_marked
    from silian.library.model_problems import checked
    from silian.library.policy_models import PolicyFile

    document = read_marked(text, _PLACE)
    policy = checked(PolicyFile, document)
    if policy is None:
        raise PolicyTextRefused(tuple(sorted(document.problems)))
    return policy.value()


def text_of_policy(policy_id: str) -> str:
    """The text that a policy in force was read from, to begin a draft with; empty if there is none.

    The latest published draft of the id, else the library's last file of it.
    """
    from silian.library.policy_files import policy_paths
    from silian.portal.industry.models import PolicyDraft

    published = PolicyDraft.objects.filter(policy_id=policy_id, state=PolicyDraft.State.PUBLISHED)
    draft = published.order_by("-published_at").first()
    if draft is not None:
        return draft.content
    texts = (path.read_text("utf-8") for path in reversed(policy_paths()))
    return next((text for text in texts if names_in(text)[0] == policy_id), "")


def names_in(text: str) -> tuple[str, str]:
    """Id and Chinese name as far as a text states them in lines of their own.

    Read by the line, so that a broken text has a name too.

    Examples
    --------
    >>> names_in("policy_id: subsidy\\nlabel_zh: 研发后补助\\n")
    ('subsidy', '研发后补助')
    """
    found = dict.fromkeys(_NAMING_KEYS, "")
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key in found and not found[key]:
            found[key] = value.split(" #")[0].strip().strip("\"'")
    policy_id = found["policy_id"] or found["id"]
    return policy_id if _ID.fullmatch(policy_id) else "", found["label_zh"]
