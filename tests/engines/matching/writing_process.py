"""A process that writes to an index until it is done or killed; says each commit on stdout.

Run as ``python writing_process.py INDEX NAME PORTIONS``.
"""

import sys
from pathlib import Path

from matching_world import SEGMENTER

from silian.engines.matching import Document, Matcher

PORTION = 20


def documents(name: str, portion: int) -> list[Document]:
    """What a portion writes; every tenth document is shared by all writers."""
    return [
        Document(
            document_id=f"shared-{k}" if k % 10 == 0 else f"{name}-{portion}-{k}",
            kind="achievement",
            title=f"永磁材料 {name} {portion}",
            content_hash=f"{name}-{portion}-{k}",
        )
        for k in range(PORTION)
    ]


def main(path: str, name: str, portions: str) -> None:
    """Write portion after portion."""
    with Matcher.open(Path(path), segmenter=SEGMENTER) as matcher:
        print("ready", flush=True)
        for portion in range(int(portions)):
            matcher.add(documents(name, portion))
            print(portion, flush=True)
            if name.startswith("tidy") and portion % 5 == 4:
                matcher.optimise()


if __name__ == "__main__":
    main(*sys.argv[1:])
