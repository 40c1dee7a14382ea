"""Adaptive Cards against their published schema, where that is at hand (`SCHEMAS_DIR`)."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

SCHEMAS = Path(os.environ.get("SCHEMAS_DIR") or Path(__file__).parents[4] / "shared" / "schemas")


@cache
def validator(name: str) -> Any:
    """None where the schema is not at hand."""
    file = SCHEMAS / name
    if not file.is_file():
        return None
    import jsonschema

    schema = json.loads(file.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def problems(card: dict[str, Any]) -> list[str]:
    """What the schema says against it. Teams' own addition at the root is none of the schema's."""
    checked = validator("adaptive-card-1.5.0.json")
    bare = {name: value for name, value in card.items() if name != "msteams"}
    return [error.message[:300] for error in checked.iter_errors(bare)] if checked else []
