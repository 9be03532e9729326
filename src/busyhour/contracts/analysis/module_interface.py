"""What a flow module declares: its inputs, its branches and the data it returns.

The contract is no part of the content; `aws connect describe-contact-flow-module` prints it beside the content as
`Settings`, a string that holds JSON; the console's exports have it in `Metadata.settings`, and exports that tools
write at the top of the content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import FlowView


@dataclass(frozen=True, slots=True)
class ModuleContract:
    """What a module declares; None where it says nothing about it.

    `open_inputs` says that inputs beyond those named are taken.
    """

    inputs: frozenset[str] | None
    branches: frozenset[str] | None
    open_inputs: bool = False


def declared_interface(flow: FlowView) -> ModuleContract | None:
    """The contract of a module, None where the export does not hold it."""
    envelope = flow.document.envelope if flow.document is not None else {}
    for said in (
        envelope.get("Settings"),
        _inside(flow.data, "Settings"),
        _inside(flow.data, "Metadata", "settings"),
    ):
        settings = _read(said)
        if settings and {"input", "transitions", "resultData"} & settings.keys():
            return _contract(settings)
    return None


def _read(said: Any) -> Mapping[str, Any] | None:
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return None
    return said if isinstance(said, dict) else None


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
