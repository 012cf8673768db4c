"""The JSON Schemas for editors are those of the forms in use."""

import pytest

from silian.library.editor_schemas import FORMS, SCHEMA_FOLDER, schema_text


@pytest.mark.parametrize("name", FORMS)
def test_the_schema_in_the_folder_is_current(name):
    stored = (SCHEMA_FOLDER / f"{name}.schema.json").read_text("utf-8")
    assert stored == schema_text(name), "run: python -m silian.library.editor_schemas"


def test_no_schema_is_left_over():
    assert {path.name for path in SCHEMA_FOLDER.iterdir()} == {
        f"{name}.schema.json" for name in FORMS
    }
