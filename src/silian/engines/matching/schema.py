"""Columns of the documents table; apart from the store, so that rows can be laid out without it."""

import pyarrow as pa

DOCUMENT_SCHEMA = pa.schema(
    [
        ("document_id", pa.string()),
        ("commit_number", pa.int64()),
        ("is_deleted", pa.bool_()),
        ("kind", pa.string()),
        ("title", pa.string()),
        ("body", pa.string()),
        ("keywords", pa.string()),
        ("region_code", pa.string()),
        ("field_codes", pa.string()),
        ("readiness_level", pa.float64()),
        ("price_cny", pa.float64()),
        ("available_from_day", pa.int32()),
        ("available_until_day", pa.int32()),
        ("owner_id", pa.string()),
        ("audience", pa.string()),
        ("track_record_count", pa.int32()),
        ("updated_on_day", pa.float64()),
        ("longitude_degrees", pa.float64()),
        ("latitude_degrees", pa.float64()),
        ("content_hash", pa.string()),
        ("title_words", pa.string()),
        ("body_words", pa.string()),
        ("text_hash", pa.int64()),
    ]
)
