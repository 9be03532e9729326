"""JSON Schema of the published result files, generated from their dataclasses."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import types
import typing
from enum import Enum
from typing import Any

RUN_TITLE = "busyhour run record"
RUN_ID = "urn:busyhour:run:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: type, *, title: str, schema_id: str) -> dict[str, Any]:
    """Build the JSON Schema (2020-12) of a dataclass and its members.

    Classes become `$defs`; docstrings of classes and attributes become descriptions. Every field is required,
    since the writer writes every field; unknown members are invalid.
    """
    definitions: dict[str, Any] = {}
    top = _dataclass(kind, definitions)
    return {
        "$schema": DIALECT,
        "$id": schema_id,
        "title": title,
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def _dataclass(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    words = _attribute_docs(kind)
    properties = {}
    for field in dataclasses.fields(kind):
        schema = _type(hints[field.name], definitions)
        properties[field.name] = (
            {**schema, "description": words[field.name]} if field.name in words else schema
        )
    return {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " "),
        "properties": properties,
        "required": [field.name for field in dataclasses.fields(kind)],
        "additionalProperties": False,
    }


_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


def _type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        options = [_type(argument, definitions) for argument in arguments]
        if all(set(option) == {"type"} for option in options):
            return {"type": [option["type"] for option in options]}
        return {"anyOf": options}
    if origin is list:
        return {"type": "array", "items": _type(arguments[0], definitions)}
    if origin is tuple:
        members = [_type(argument, definitions) for argument in arguments]
        return {"type": "array", "prefixItems": members, "minItems": len(members), "maxItems": len(members)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(arguments[1], definitions)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _dataclass(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    raise TypeError(f"{hint!r} has no JSON Schema here; add it to results/json_schema.py")


def _attribute_docs(kind: type) -> dict[str, str]:
    """Return the strings below attributes in the class's source."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found[before.target.id] = inspect.cleandoc(after.value.value).replace("\n", " ")
    return found
