"""Kinds of records as people name them: ``achievement``, 科技成果 or 成果 mean the same."""

from collections.abc import Iterable

from silian.cli.console import fail

#: What people say for a kind beside its label in the catalogue.
_EVERYDAY_WORDS = {
    "企业": "organisation",
    "机构": "organisation",
    "专家": "person",
    "人才": "person",
    "人员": "person",
    "任职": "affiliation",
    "平台": "platform",
    "成果": "achievement",
    "项目": "project",
    "仪器": "facility",
    "设备": "facility",
    "中试线": "facility",
    "仪器设施": "facility",
    "服务机构": "service_agency",
    "需求": "need",
    "年度数据": "enterprise_year",
    "奖补": "grant",
    "expert": "person",
    "people": "person",
    "enterprise": "organisation",
    "instrument": "facility",
    "agency": "service_agency",
    "paper": "publication",
}


def asked_kind(name: str, allowed: Iterable[str]) -> str:
    """Code of the kind that a name means; ends the command, telling what is allowed, if none.

    Codes, the labels of the catalogue in both languages and everyday words are understood,
    English ones in singular or plural. Needs Django's registry.
    """
    codes = tuple(allowed)
    found = _code_of(name, codes)
    if found is None:
        fail(
            f"没有“{name}”这个类型。There is no kind {name!r} here.",
            remedy="可用 Allowed: " + ", ".join(_named(code) for code in codes),
            exit_code=2,
        )
    return found


def asked_kinds(names: Iterable[str], allowed: Iterable[str]) -> list[str]:
    """Codes of several kinds, each once, in the order asked."""
    codes = tuple(allowed)
    return list(dict.fromkeys(asked_kind(name, codes) for name in names))


def _code_of(name: str, codes: tuple[str, ...]) -> str | None:
    from silian.portal.catalogue import KINDS

    asked = _plain(name)
    for code in codes:
        labels = (KINDS[code].label_zh, KINDS[code].label_en) if code in KINDS else ()
        if asked in {code, *map(_plain, labels)}:
            return code
    meant = _EVERYDAY_WORDS.get(asked)
    if meant in codes:
        return meant
    for ending, instead in (("ies", "y"), ("s", "")):
        if asked.endswith(ending):
            return _code_of(asked.removesuffix(ending) + instead, codes)
    return None


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _named(code: str) -> str:
    from silian.portal.catalogue import KINDS

    return f"{code} {KINDS[code].label_zh}" if code in KINDS else code
