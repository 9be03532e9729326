"""The schemas of flow_schemas/: loaded when a flow first holds the action type, validators made once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from busyhour.contracts.schema.fast import Predicate, predicate
from busyhour.errors import BusyhourError
from busyhour.flows.model import FlowType
from busyhour.shipped import shipped_root

if TYPE_CHECKING:
    import jsonschema.protocols

    from busyhour.contracts.flow_view import FlowView
    from busyhour.contracts.schema.violations import Issue

_BASE = "https://busyhour.invalid/flow_schemas/"
"""Base address while the place of publication is unknown: the schemas' own `$id`s are relative."""

_SUFFIX = ".schema.json"


class SchemaStore:
    """One folder of schemas.

    Args:
        folder: contains `common.schema.json`, `flow.schema.json` and `actions/<ActionType>.schema.json`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._documents: dict[str, dict[str, Any]] = {}
        self._predicates: dict[tuple[str, bool], Predicate] = {}
        self._resolved: dict[tuple[str, str], tuple[Any, str]] = {}
        self._flow_types: dict[str, frozenset[FlowType]] = {}
        self._validators: dict[str, jsonschema.protocols.Validator] = {}

    @cached_property
    def types(self) -> frozenset[str]:
        """Every action type with a schema."""
        found = frozenset(
            path.name.removesuffix(_SUFFIX) for path in (self.folder / "actions").glob("*" + _SUFFIX)
        )
        if not found:
            raise BusyhourError(
                f"{self.folder / 'actions'}: contains no schema",
                "Install busyhour again: the schemas are part of it.",
            )
        return found

    def document(self, name: str) -> dict[str, Any]:
        """Return the schema in the file `name` (relative to the folder, without `.schema.json`)."""
        found = self._documents.get(name)
        if found is None:
            text = (self.folder / (name + _SUFFIX)).read_text(encoding="utf-8")
            found = self._documents[name] = json.loads(text)
        return found

    def action(self, type: str) -> Mapping[str, Any]:
        """Return the schema of one action type; rules read its `x-` annotations."""
        return self.document(f"actions/{type}")

    def flow_types(self, type: str) -> frozenset[FlowType]:
        """Return the flow types in which an action of this type is allowed; all of them if unknown."""
        found = self._flow_types.get(type)
        if found is None:
            declared = self.action(type).get("x-flow-types", ()) if type in self.types else ()
            found = self._flow_types[type] = frozenset(map(FlowType, declared or FlowType))
        return found

    def undecided_flow_types(self, type: str) -> Mapping[str, str]:
        """Return the flow types of which it is not known whether they allow an action of this type, each with why."""
        found: Mapping[str, str] = (
            self.action(type).get("x-flow-types-undecided", {}) if type in self.types else {}
        )
        return found

    def predicate(self, type: str, strict: bool = True) -> Predicate:
        """Whether an action of this type is valid, but for the identifier.

        Unless `strict`, placeholders match any enumeration and any pattern.
        """
        found = self._predicates.get((type, strict))
        if found is None:
            found = self._predicates[type, strict] = self._make(type) if strict else self._tolerant(type)
        return found

    def _tolerant(self, type: str) -> Predicate:
        """Return a predicate that tolerates placeholders; the strict one runs first, since few actions have any."""
        strict = self.predicate(type)
        tolerant: Predicate | None = None

        def valid(action: Any) -> bool:
            nonlocal tolerant
            if strict(action):
                return True
            if tolerant is None:
                tolerant = self._make(type, tolerant=True)
            return tolerant(action)

        return valid

    def _make(self, type: str, *, tolerant: bool = False) -> Predicate:
        name = f"actions/{type}"
        schema = dict(self.document(name))
        # These two have rules of their own, and the type selected this schema.
        schema["properties"] = {**schema["properties"], "Identifier": True, "Type": True}
        return predicate(schema, name + _SUFFIX, self.resolve, tolerant=tolerant)

    def resolve(self, reference: str, base: str) -> tuple[Any, str]:
        """Return the schema that a `$ref` in the file `base` refers to, and its file."""
        found = self._resolved.get((reference, base))
        if found is None:
            found = self._resolved[reference, base] = self._resolve(reference, base)
        return found

    def _resolve(self, reference: str, base: str) -> tuple[Any, str]:
        target, _, fragment = urljoin(_BASE + base, reference).removeprefix(_BASE).partition("#")
        found: Any = self.document(target.removesuffix(_SUFFIX))
        for part in fragment.split("/")[1:]:
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return found, target

    def validator(self, name: str) -> jsonschema.protocols.Validator:
        """Return a jsonschema validator for the schema in the file `name`.

        Importing jsonschema is slow, so on demand.
        """
        found = self._validators.get(name)
        if found is None:
            from jsonschema import Draft202012Validator

            registry = self._registry(name).crawl()
            found = Draft202012Validator({"$ref": f"{_BASE}{name}{_SUFFIX}"}, registry=registry)
            self._validators[name] = found
        return found

    def _registry(self, name: str) -> Any:
        """Return all schemas that the one called `name` needs, under absolute addresses."""
        from referencing import Registry
        from referencing.jsonschema import DRAFT202012

        names = [name, "common"]
        if name == "flow":
            names += ["module-settings", *(f"actions/{type}" for type in sorted(self.types))]
        resources = []
        for one in names:
            document = {key: value for key, value in self.document(one).items() if key != "$id"}
            resources.append((f"{_BASE}{one}{_SUFFIX}", DRAFT202012.create_resource(document)))
        return Registry().with_resources(resources)

    def issues(self, flow: FlowView) -> dict[str, list[Issue]]:
        """Return the schemas' objections to a flow, by the id of the rule that reports them."""
        found: dict[str, list[Issue]] = {}
        types = self.types
        strict = flow.strict
        predicates = self._predicates
        for action in flow.actions:
            predicate = predicates.get((action.type, strict))
            if predicate is None:
                if action.type not in types:
                    continue
                predicate = self.predicate(action.type, strict)
            if not predicate(action.raw):
                from busyhour.contracts.schema.explain import explain  # only broken flows need it

                for issue in explain(self, action, flow):
                    found.setdefault(issue.rule, []).append(issue)
        return found


@lru_cache(maxsize=1)
def shipped_schemas() -> SchemaStore:
    """Return the schemas that ship with busyhour."""
    return SchemaStore(shipped_root() / "flow_schemas")
