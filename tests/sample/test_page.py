"""The page on the sample city says what its code prints."""

import re
from pathlib import Path

from silian.sample import scaled_size

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "sample-city.md"


def test_printed_quality_of_words_alone_is_what_the_code_prints(capsys):
    text = PAGE.read_text("utf-8")
    code = next(c for c in re.findall(r"```python\n(.*?)```", text, re.S) if "Tfidf" in c)
    exec(compile(code, str(PAGE), "exec"), {})
    assert f"prints `{capsys.readouterr().out.strip()}`" in text


def test_counts_in_the_table_are_the_sizes():
    sizes = [scaled_size(factor) for factor in (1, 10, 25)]
    text = PAGE.read_text("utf-8")
    for label, counts in {
        "enterprises": [size.enterprise_count for size in sizes],
        "needs": [size.need_count for size in sizes],
        "needs with graded supply": [size.graded_need_count for size in sizes],
        "publications": [size.publication_count for size in sizes],
    }.items():
        assert f"| {label} | " + " | ".join(f"{n:,}" for n in counts) + " |" in text
