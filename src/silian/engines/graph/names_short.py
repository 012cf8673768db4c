"""Short names 简称 without the marks that a stock exchange sets before and behind them."""

from silian.engines.graph.names_lexicon import NameLexicon

_LONGEST_SHORT_NAME = 10


def short_name_core(normalised: str, lexicon: NameLexicon) -> str:
    """What of a short name says who it is.

    Examples
    --------
    >>> from silian.engines.graph.names_lexicon import default_lexicon
    >>> [short_name_core(name, default_lexicon()) for name in ("*st猛狮b", "峨眉山a", "tcl科技")]
    ['猛狮', '峨眉山', 'tcl科技']
    """
    core = normalised
    if len(core) > _LONGEST_SHORT_NAME:
        return core
    for mark in lexicon.mark_suffixes if core.endswith(lexicon.mark_suffixes) else ():
        rest = core.removesuffix(mark)
        if rest != core and len(rest) >= 2 and rest[-1] > "\x7f":
            core = rest
            break
    for mark in lexicon.mark_prefixes if core.startswith(lexicon.mark_prefixes) else ():
        rest = core.removeprefix(mark)
        if rest != core and len(rest) >= 2 and rest[0] > "\x7f":
            core = rest
            break
    return core


def without_ending(core: str, lexicon: NameLexicon) -> tuple[str, str]:
    """A short name and the closing word that many of them share.

    Examples
    --------
    >>> from silian.engines.graph.names_lexicon import default_lexicon
    >>> without_ending("华瓷股份", default_lexicon())
    ('华瓷', '股份')
    """
    if not core.endswith(lexicon.short_name_endings):
        return core, ""
    for ending in lexicon.short_name_endings:
        if core.endswith(ending) and len(core) - len(ending) >= 2:
            return core.removesuffix(ending), ending
    return core, ""
