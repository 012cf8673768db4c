"""Names of ranking features as people read them."""

_LABELS = {
    "words_rank": ("字词名次", "words"),
    "meaning_rank": ("语义名次", "meaning"),
}


def label_of(feature: str) -> str:
    """Chinese and English name of a feature; its own name where it has none here."""
    zh, en = _LABELS.get(feature, (feature.replace("_", " "), ""))
    return f"{zh} {en}".strip()
