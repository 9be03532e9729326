"""Generator for flow_schemas: the two files that name all others, and the patterns of whole numbers."""

from __future__ import annotations

import json
from typing import Any

from busyhour.contracts.schema.ranges import with_patterns
from busyhour.contracts.schema.store import SchemaStore


def documents(store: SchemaStore) -> dict[str, dict[str, Any]]:
    """Return the generated schemas by file name."""
    reference = store.document("common")["$defs"]["reference"]["pattern"]
    actions = {
        f"actions/{type}.schema.json": with_patterns(dict(store.action(type)), reference)
        for type in sorted(store.types)
    }
    return {**actions, "flow.schema.json": flow_schema(store), "index.json": index(store)}


def flow_schema(store: SchemaStore) -> dict[str, Any]:
    """Return `flow.schema.json` with one branch for each action type."""
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
    """Return `index.json` with one line for each action type."""
    made: dict[str, Any] = json.loads((store.folder / "index.json").read_text(encoding="utf-8"))
    made["actions"] = {type: f"actions/{type}.schema.json" for type in sorted(store.types)}
    return made
