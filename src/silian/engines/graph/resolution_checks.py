"""What every resolution checks before it begins."""

from collections import Counter
from collections.abc import Sequence

from silian.engines.graph.resolution_errors import DuplicateRecord, ThresholdOutOfRange


def check_unique(record_ids: Sequence[str]) -> None:
    """Refuse two records with one id."""
    twice = next((one for one, count in Counter(record_ids).items() if count > 1), None)
    if twice is not None:
        raise DuplicateRecord(
            f"record id {twice!r} arrived twice; expected unique ids.", record_id=twice
        )


def check_thresholds(review_from: float, link_from: float) -> None:
    """Refuse thresholds that leave no order of doubt."""
    if not 0 < review_from <= link_from <= 1:
        raise ThresholdOutOfRange(
            f"review_from is {review_from} and link_from {link_from}; expected "
            "0 < review_from <= link_from <= 1."
        )
