"""JSON Schemas of the library's files, for editors: completion, hints and checks as one types."""

import json
from pathlib import Path

from pydantic import BaseModel

from silian.library.cases import PolicyCasesFile
from silian.library.indicator_cases import ScoreCasesFile
from silian.library.indicator_models import SystemFile
from silian.library.policy_models import PolicyFile, StackingFile

SCHEMA_FOLDER = Path(__file__).parent / "schemas"
FORMS: dict[str, type[BaseModel]] = {
    "policy": PolicyFile,
    "policy-cases": PolicyCasesFile,
    "stacking": StackingFile,
    "indicator-system": SystemFile,
    "indicator-cases": ScoreCasesFile,
}


def schema_text(name: str) -> str:
    """The JSON Schema of one kind of file, as it stands in ``library/schemas``."""
    schema = FORMS[name].model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write_schemas(folder: Path = SCHEMA_FOLDER) -> None:
    """Write every schema; run after a change of the forms."""
    folder.mkdir(exist_ok=True)
    for name in FORMS:
        (folder / f"{name}.schema.json").write_text(schema_text(name), "utf-8")


if __name__ == "__main__":
    write_schemas()
