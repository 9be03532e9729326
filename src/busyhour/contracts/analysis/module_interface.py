"""The interface that a flow module declares: inputs, branches, returned data.

It is not part of the content; `aws connect describe-contact-flow-module` prints it beside the content as
`Settings`, a JSON string; the console's exports have it in `Metadata.settings`, and exports that tools
write at the top of the content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from busyhour.input_files import parse_json

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import FlowView


@dataclass(frozen=True, slots=True)
class ModuleContract:
    """The declared interface of a module; a member is None if it is not declared.

    `open_inputs` means that inputs other than the named ones are accepted.
    """

    inputs: frozenset[str] | None
    branches: frozenset[str] | None
    open_inputs: bool = False


def declared_interface(flow: FlowView) -> ModuleContract | None:
    """Return the interface of a module, None if the export lacks it."""
    envelope = flow.document.envelope if flow.document is not None else {}
    for raw in (
        envelope.get("Settings"),
        _inside(flow.data, "Settings"),
        _inside(flow.data, "Metadata", "settings"),
    ):
        settings = _read(raw)
        if settings and {"input", "transitions", "resultData"} & settings.keys():
            return _contract(settings)
    return None


def _read(raw: Any) -> Mapping[str, Any] | None:
    if isinstance(raw, str):
        try:
            raw = parse_json(raw)
        except ValueError:
            return None
    return raw if isinstance(raw, dict) else None


def _contract(settings: Mapping[str, Any]) -> ModuleContract:
    schema = _inside(settings, "input", "schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    results = _inside(settings, "transitions", "results")
    branches = None
    if isinstance(results, list):
        named = [one.get("name") for one in results if isinstance(one, dict)]
        branches = frozenset(one for one in named if isinstance(one, str))
    return ModuleContract(
        frozenset(properties) if isinstance(properties, dict) else None,
        branches,
        isinstance(schema, dict) and schema.get("additionalProperties") not in (None, False),
    )


def _inside(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
