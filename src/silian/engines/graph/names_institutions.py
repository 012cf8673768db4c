"""Where the name of an institution ends and that of its department begins."""

from dataclasses import dataclass

from silian.engines.graph.names_lexicon import NameLexicon

#: Kinds whose name may begin the name of another organisation without owning it as department.
_HOST_KINDS = frozenset({"government"})
_HOST_ENDINGS = ("科学院", "科学研究院", "工程院", "总院", "部")
_OWN_ENDINGS = ("大学", "学院", "研究所", "研究院", "医院", "公司", "设计院", "天文台", "实验室")
_CAMPUS_ENDINGS = ("学院", "研究院", "校区", "研究所", "创新中心")
_MIN_SUBJECT = 2
#: Last characters of whatever may end an organisation inside a longer name.
_LAST_CHARACTERS = frozenset("学院所司台室部局厅会署府关处站心")


@dataclass(frozen=True, slots=True)
class InstitutionSplit:
    """host is part of organisation; branch follows it."""

    organisation: str
    host: str
    branch: str


def institution_kind(plain: str, lexicon: NameLexicon) -> tuple[str, str]:
    """Kind and ending of an institution's name; two empty texts where it is none.

    Examples
    --------
    >>> from silian.engines.graph.names_lexicon import default_lexicon
    >>> institution_kind("宁波大学", default_lexicon())
    ('university', '大学')
    """
    ending = lexicon.institution_endings.longest(plain)
    return (lexicon.institution_endings[ending], ending) if ending else ("", "")


def split_institution(plain: str, lexicon: NameLexicon) -> InstitutionSplit:
    """Organisation, host and branch of a name without brackets.

    Examples
    --------
    >>> from silian.engines.graph.names_lexicon import default_lexicon
    >>> split_institution("中国科学院地理科学与资源研究所生态数据中心", default_lexicon())
    InstitutionSplit(organisation='中国科学院地理科学与资源研究所', host='中国科学院', branch='生态数据中心')
    """
    host = _listed_hosts(plain, lexicon)
    inner = _inner_cuts(plain, lexicon)
    for stop in range(len(host) + _MIN_SUBJECT + (not host), len(plain)):
        if plain[stop - 1] not in _LAST_CHARACTERS or stop in inner:
            continue
        head, rest = plain[:stop], plain[stop:]
        if head.endswith(_OWN_ENDINGS):
            if _is_independent(head, rest, lexicon):
                host = host or head
                continue
            return InstitutionSplit(head, host, rest)
        if head[-1] == "所" and _is_part_of_short_institute(rest, lexicon):
            return InstitutionSplit(head, host, rest)
        if _is_host(head[len(host) :], rest, lexicon):
            host = head
    return InstitutionSplit(plain, host if host != plain else "", "")


def _listed_hosts(plain: str, lexicon: NameLexicon) -> str:
    """Hosts from the list that begin a name; several where it has several, as 水利部交通运输部."""
    host = ""
    while True:
        rest = plain[len(host) :]
        if not rest.startswith(lexicon.hosts):
            return host
        further = next(
            (one for one in lexicon.hosts if rest.startswith(one) and len(rest) > len(one)), ""
        )
        if not further:
            return host
        host += further


def _inner_cuts(plain: str, lexicon: NameLexicon) -> set[int]:
    """Cuts within an ending, as behind the 大学 of 大学校区."""
    cuts: set[int] = set()
    for start in range(len(plain) - 2):
        for ending in lexicon.long_endings.get(plain[start : start + 2], ()):
            if plain.startswith(ending, start):
                cuts.update(range(start + 2, start + len(ending)))
    return cuts


def _is_part_of_short_institute(rest: str, lexicon: NameLexicon) -> bool:
    """宁波材料所|磁材事业部; but not 证券交易所|有限公司."""
    return len(rest) > 2 and rest[0] != "有" and rest.endswith(lexicon.branch_endings)


def _is_host(head: str, rest: str, lexicon: NameLexicon) -> bool:
    kind, ending = institution_kind(head, lexicon)
    if len(head) - len(ending) < 2 or not institution_kind(rest, lexicon)[0]:
        return False
    return head.endswith(_HOST_ENDINGS) or (kind in _HOST_KINDS and len(rest) > 3)


def _is_independent(head: str, rest: str, lexicon: NameLexicon) -> bool:
    """Whether what follows a host names an organisation of its own: a hospital, a campus afar."""
    if head.endswith(_HOST_ENDINGS) and institution_kind(rest, lexicon)[0]:
        return True
    if "医院" in rest:
        return True
    if not head.endswith("大学") or not rest.endswith(_CAMPUS_ENDINGS):
        return False
    return any(rest[:n] in lexicon.regions for n in range(2, min(len(rest), 6)))
