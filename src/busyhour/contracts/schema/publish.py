"""The two schema files that name all others, written from the folder: `python -m busyhour.contracts.schema.publish`.

So adding an action type is adding its file; a test says when these two are behind.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from busyhour.contracts.schema.store import SchemaStore, shipped_schemas


def flow_schema(store: SchemaStore) -> dict[str, Any]:
    """`flow.schema.json` with one branch for each action type."""
    made = dict(store.document("flow"))
    types = sorted(store.types)
    made["$defs"] = {
        "action": {
            "type": "object",
            "properties": {"Type": {"type": "string", "enum": types}},
            "required": ["Identifier", "Type"],
            "allOf": [
                {
                    "if": {"properties": {"Type": {"const": type}}, "required": ["Type"]},
                    "then": {"$ref": f"actions/{type}.schema.json"},
                }
                for type in types
            ],
        }
    }
    return made


def index(store: SchemaStore) -> dict[str, Any]:
    """`index.json` with one line for each action type."""
    made: dict[str, Any] = json.loads((store.folder / "index.json").read_text(encoding="utf-8"))
    made["actions"] = {type: f"actions/{type}.schema.json" for type in sorted(store.types)}
    return made


def write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON as the other schemas are written."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _store = shipped_schemas()
    write(_store.folder / "flow.schema.json", flow_schema(_store))
    write(_store.folder / "index.json", index(_store))
