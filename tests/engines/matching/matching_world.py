"""A tiny embedder, tiny documents, and a brute-force reading of the constraints."""

import hashlib
import itertools
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching import Constraints, Document, Matcher
from silian.language import Segmenter

SEGMENTER = Segmenter()
TODAY = date(2026, 3, 1)


class TinyEmbedder:
    """Hashes pairs of characters into 32 numbers: alike texts get alike vectors, at once."""

    name = "tiny-1"
    n_dimensions = 32

    def __init__(self) -> None:
        self.embedded_count = 0

    def embed(self, texts: Sequence[str], *, role: str) -> NDArray[np.float32]:
        self.embedded_count += len(texts)
        vectors = np.zeros((len(texts), self.n_dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for pair in itertools.pairwise(text):
                digest = hashlib.blake2b("".join(pair).encode(), digest_size=2).digest()
                vectors[row, digest[0] % self.n_dimensions] += 1 if digest[1] % 2 else -1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


DOCUMENTS = (
    Document(
        document_id="ach-1",
        kind="achievement",
        title="耐高温永磁材料制备技术",
        body="用于新能源汽车电机的钕铁硼磁体，晶界扩散提高耐温等级",
        keywords=("钕铁硼",),
        region_code="330203",
        field_codes=("T0401",),
        readiness_level=7,
        price_cny=500_000.0,
        owner_id="org-a",
        track_record_count=3,
        updated_on=date(2025, 5, 1),
        longitude_degrees=121.5,
        latitude_degrees=29.9,
        content_hash="h1",
    ),
    Document(
        document_id="ach-2",
        kind="achievement",
        title="反渗透海水淡化膜",
        body="复合纳滤膜与反渗透膜的界面聚合工艺",
        region_code="330106",
        field_codes=("T0402", "T0701"),
        readiness_level=4,
        available_from=date(2026, 6, 1),
        owner_id="org-b",
        content_hash="h2",
    ),
    Document(
        document_id="per-1",
        kind="person",
        title="永磁电机专家",
        body="长期从事永磁电机控制算法与退磁分析",
        region_code="310115",
        field_codes=("T0401", "T0301"),
        owner_id="org-a",
        audience="members",
        content_hash="h3",
    ),
    Document(
        document_id="fac-1",
        kind="facility",
        title="磁性测量仪器",
        body="退磁曲线测量，永磁材料高温测试",
        region_code="",
        price_cny=300.0,
        available_until=date(2026, 12, 31),
        owner_id="org-c",
        content_hash="h4",
    ),
    Document(
        document_id="ned-1",
        kind="need",
        title="寻求耐高温永磁材料",
        body="电机在高温下退磁，需要耐温二百度的钕铁硼",
        region_code="330203",
        price_cny=800_000.0,
        owner_id="org-d",
        content_hash="h5",
    ),
    Document(
        document_id="pat-1",
        kind="patent",
        title="bonded magnet injection moulding",
        body="a method for making bonded magnets with high heat resistance",
        audience="owner",
        owner_id="org-d",
        content_hash="h6",
    ),
)


def new_matcher(path: Path, **options: object) -> Matcher:
    """An empty index with the tiny embedder."""
    settings: dict[str, object] = {"segmenter": SEGMENTER, "embedder": TinyEmbedder()} | options
    return Matcher.create(path, **settings)  # type: ignore[arg-type]


def reopened(path: Path, **options: object) -> Matcher:
    """The same index, as another process would open it."""
    settings: dict[str, object] = {"segmenter": SEGMENTER, "embedder": TinyEmbedder()} | options
    return Matcher.open(path, **settings)  # type: ignore[arg-type]


def passes(document: Document, asked: Constraints, direction: str = "supply") -> bool:
    """The constraints as values.py words them, read once more and without arrays."""
    if asked.kinds:
        kind = document.kind in asked.kinds
    else:
        kind = (document.kind == "need") == (direction == "need")
    visible = document.audience in asked.audiences or (
        asked.viewer_owner_id != "" and document.owner_id == asked.viewer_owner_id
    )
    region = not asked.region_codes or any(
        document.region_code != "" and document.region_code[: len(code)] == code
        for code in asked.region_codes
    )
    fields = not asked.field_codes or any(c in asked.field_codes for c in document.field_codes)
    price, level, day = document.price_cny, document.readiness_level, asked.available_on
    return (
        kind
        and visible
        and region
        and fields
        and (asked.price_max_cny is None or price is None or price <= asked.price_max_cny)
        and (asked.price_min_cny is None or price is None or price >= asked.price_min_cny)
        and (asked.readiness_min is None or level is None or level >= asked.readiness_min)
        and (
            day is None
            or (
                (document.available_from is None or document.available_from <= day)
                and (document.available_until is None or document.available_until >= day)
            )
        )
        and document.owner_id not in asked.excluded_owner_ids
        and document.document_id not in asked.excluded_document_ids
    )
