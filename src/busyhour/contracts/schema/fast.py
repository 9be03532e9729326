"""Fast yes-or-no validation of actions, by jsonschema-rs.

Nearly every action of nearly every flow is valid, so a check is mostly this question. An action that is refused
here is judged by the rules of jsonschema (`errors`), which has the last word: jsonschema-rs takes regular
expressions as JavaScript does, where a word character is ASCII and an end of text does not match before a final
line feed. Tests compare the two on every action of the collection of real exports.

Measured there (4,102 actions, half of them strict): 0.6 us an action, 0.8 us where placeholders are tolerated.
Importing jsonschema-rs takes 17 ms, making one validator 0.3 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.contracts.schema.errors import Resolve

Predicate = Callable[[Any], bool]

_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default"}
)
_PLACEHOLDER: Mapping[str, Any] = {"type": "string", "format": "placeholder"}
_DATA = frozenset({"enum", "const", "required"})


def predicate(schema: Any, base: str, resolve: Resolve, *, tolerant: bool) -> Predicate:
    """Make a function that says whether a JSON value is valid.

    Args:
        schema: the schema.
        base: the file that holds it, for its references.
        resolve: follows a reference.
        tolerant: a string that holds a placeholder matches any enumeration and any pattern.
    """
    from jsonschema_rs import Draft202012Validator  # takes long to import

    bundle = _Bundle(resolve, tolerant)
    copied = bundle.copy(schema, base)
    if isinstance(copied, dict):
        copied = {**copied, "$defs": bundle.definitions}
    formats = {"placeholder": lambda text: PLACEHOLDER.search(text) is not None}
    return Draft202012Validator(copied, offline=True, formats=formats, validate_formats=tolerant).is_valid


class _Bundle:
    """A copy of a schema that needs no other file and has no annotations; what is undecided is refused too."""

    def __init__(self, resolve: Resolve, tolerant: bool) -> None:
        self.definitions: dict[str, Any] = {}
        self._resolve = resolve
        self._tolerant = tolerant
        self._names: dict[tuple[str, int], str] = {}

    def copy(self, schema: Any, base: str) -> Any:
        """Copy `schema` of the file `base`."""
        if isinstance(schema, list):
            return [self.copy(one, base) for one in schema]
        if not isinstance(schema, dict):
            return schema
        copied: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword == "x-undecided":
                copied.setdefault("allOf", []).extend(self.copy(value, base))
                continue
            if keyword in _ANNOTATIONS or keyword.startswith("x-"):
                continue
            if keyword == "$ref":
                copied[keyword] = f"#/$defs/{self._definition(value, base)}"
            elif keyword == "properties":
                copied[keyword] = {name: self.copy(one, base) for name, one in value.items()}
            elif keyword == "enum" and not _of_strings(value):
                # One by one: jsonschema-rs takes true for 1 where an enumeration mixes types.
                copied.setdefault("allOf", []).append({"anyOf": [{"const": one} for one in value]})
            elif keyword == "allOf":
                copied.setdefault("allOf", []).extend(self.copy(value, base))
            else:
                copied[keyword] = value if keyword in _DATA else self.copy(value, base)
        return self._with_placeholders(copied) if self._tolerant else copied

    def _definition(self, reference: str, base: str) -> str:
        """Name of the copy of what `reference` leads to."""
        schema, home = self._resolve(reference, base)
        key = (home, id(schema))
        if key not in self._names:
            name = self._names[key] = str(len(self._names))
            self.definitions[name] = self.copy(schema, home)
        return self._names[key]

    def _with_placeholders(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Let a placeholder stand for any value of an enumeration and for any text of a pattern."""
        narrow = {
            key: schema.pop(key) for key in ("enum", "const", "pattern") if _of_strings(schema.get(key))
        }
        if not narrow:
            return schema
        either = [{"anyOf": [{key: value}, _PLACEHOLDER]} for key, value in narrow.items()]
        return {**schema, "allOf": [*schema.get("allOf", ()), *either]}


def _of_strings(value: Any) -> bool:
    return all(isinstance(one, str) for one in value) if isinstance(value, list) else isinstance(value, str)
