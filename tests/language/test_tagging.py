"""Words with their part of speech."""

from silian.language.tagging import tagged_words


def test_words_put_together_are_the_text() -> None:
    text = "高温 NdFeB 磁体，≥30MGOe（按GB/T 3217）\n\0三百万 ６０"
    assert "".join(word for word, _ in tagged_words(text)) == text


def test_nouns_verbs_and_latin_words_are_told_apart() -> None:
    assert tagged_words("提高LED芯片亮度") == [
        ("提高", "v"),
        ("LED", "eng"),
        ("芯片", "n"),
        ("亮度", "n"),
    ]
