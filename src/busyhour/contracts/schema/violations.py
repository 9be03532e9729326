"""Objections of a schema to one action, and helpers for messages: places, allowed values, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from busyhour.contracts.finding import pointer_text
from busyhour.contracts.schema.errors import Objection, objections
from busyhour.contracts.schema.wording import listed, shown
from busyhour.flows.model import Pointer

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView
    from busyhour.contracts.schema.store import SchemaStore

_KINDS = {"object": "an object", "array": "a list", "string": "a string", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Issue:
    """One objection: the rule that reports it, its place in the flow, and the message.

    `undecided`: whether the service rejects it is not known.
    """

    rule: str
    action: int
    pointer: Pointer
    message: str
    key: bool = False
    help: str | None = None
    undecided: bool = False


class ActionContext:
    """One action and the schema of its type.

    Args:
        store: the schemas.
        flow: the flow of the action.
    """

    def __init__(self, store: SchemaStore, action: ActionView, flow: FlowView) -> None:
        self._store = store
        self.action = action
        self.type = action.type
        self._base = f"actions/{action.type}.schema.json"
        self.schema = store.action(action.type)
        self.strict = flow.strict
        self.flow_type = flow.flow_type
        self._source_of = flow.source_of
        self.old = ""
        """Type of the old export's module from which this action was converted."""
        if flow.converted is not None:
            source = flow.converted.source(("Actions", action.index))
            module = flow.converted.document.data["modules"][source[1]] if len(source) > 1 else {}
            self.old = str(module.get("type", "?"))

    @property
    def terminal(self) -> bool:
        """Whether the action ends the flow."""
        return bool(self.schema.get("x-terminal"))

    def objections(self, raw: Mapping[str, Any]) -> Iterator[Objection]:
        """Return all objections of the schema of the action's type."""
        return objections(self.schema, raw, self._base, self._store.resolve)

    def issue(
        self,
        rule: str,
        path: Pointer,
        message: str,
        *,
        key: bool = False,
        help: str | None = None,
        undecided: bool = False,
    ) -> Issue:
        """Make an issue at `path` of the action."""
        place = ("Actions", self.action.index, *path)
        return Issue(rule, self.action.index, place, message, key, help, undecided)

    def seen_refused(self, objection: Objection, name: str = "") -> bool:
        """Whether the service was seen to refuse what the objection is about."""
        evidence = objection.evidence(name) or {}
        certainty: object = evidence.get("certainty", self.schema.get("x-certainty"))
        return certainty == "live"

    def at(self, path: Pointer) -> str:
        """Format the place of `path` of the action for messages; of an old export with the parameter's name today."""
        where = pointer_text(self._source_of(("Actions", self.action.index, *path)))
        return (
            f"{path[-1]} ({where})" if self.old and path[:1] == ("Parameters",) and len(path) > 1 else where
        )

    def follow(self, schema: Any) -> Mapping[str, Any]:
        """Follow a chain of bare references."""
        while isinstance(schema, dict) and set(schema) == {"$ref"}:
            schema, _ = self._store.resolve(schema["$ref"], self._home(schema["$ref"]))
        return schema if isinstance(schema, dict) else {}

    def words(self, schema: Any) -> str:
        """Describe the values that a schema allows; empty without a description."""
        if not isinstance(schema, dict):
            return ""
        if "x-words" in schema:
            return str(schema["x-words"])
        if "$ref" in schema:
            target, _ = self._store.resolve(schema["$ref"], self._home(schema["$ref"]))
            return self.words(target)
        if "enum" in schema:
            return listed([str(one) for one in schema["enum"]], "or")
        if "const" in schema:
            return str(schema["const"])
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return listed([self.words(one) for one in schema[keyword]], "or")
        kind = schema.get("type")
        return _KINDS.get(kind, "") if isinstance(kind, str) else ""

    def allowed(self, objection: Objection) -> str:
        """Describe the allowed values."""
        return self.words(objection.schema) or expected(objection)

    def _home(self, reference: str) -> str:
        """The file for a reference without a path: only common.schema.json refers to itself here."""
        return self._base if "/" in reference.partition("#")[0] else "common.schema.json"


def extra(objection: Objection) -> list[str]:
    """Return the names in the value that the schema has no property for."""
    known = objection.schema.get("properties", {})
    return sorted(name for name in objection.value if name not in known)


def missing(objection: Objection) -> list[str]:
    """Return the names that `required` lists and the value lacks."""
    return [name for name in objection.limit if name not in objection.value]


def options(objection: Objection) -> list[str]:
    """Return the values that an `enum` or a `const` allows."""
    return [str(one) for one in (objection.limit if objection.keyword == "enum" else [objection.limit])]


def expected(objection: Objection) -> str:
    """Describe the keyword's requirement, for places without a more specific message."""
    limit = objection.limit
    match objection.keyword:
        case "type":
            kinds = limit if isinstance(limit, list) else [limit]
            return f"it must be {listed([_KINDS.get(one, str(one)) for one in kinds], 'or')}"
        case "required":
            return f"it lacks {listed(missing(objection), 'and')}"
        case "maxLength":
            return f"at most {limit} characters"
        case "maxItems":
            return f"at most {limit} entries"
        case "uniqueItems":
            return "each entry once"
        case _:
            return f"something else ({objection.keyword} {shown(limit)})"
