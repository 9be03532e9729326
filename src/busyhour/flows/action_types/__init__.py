"""Facts about action types that more than one room needs, as their schemas declare them.

`declared.json` is made from flow_schemas/actions by `make generate`, so that the flow machine reads one small file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("declared.json")
_ALL_CHANNELS = frozenset({"VOICE", "CHAT", "TASK", "EMAIL"})


@dataclass(frozen=True, slots=True)
class ActionType:
    """One action type.

    `behaviour` names what runs it (`flows.actions.BEHAVIOURS`). `occupies`: it takes the participant's time (it plays,
    shows or asks, or waits). `hands_over`: after it another flow, agent or contact takes care of the person. `log_name`
    is its ContactFlowModuleType in flow logs. `flow_parameters`: parameter that names a flow -> what that flow is for.
    """

    behaviour: str
    channels: frozenset[str] = _ALL_CHANNELS
    occupies: bool = False
    hands_over: bool = False
    log_name: str = ""
    flow_parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def limited_to(self) -> frozenset[str]:
        """Channels outside of which a service takes its error branch; empty where it works on all.

        Source: AWS administrator guide, Supported channels for flow blocks.
        """
        served = (
            self.behaviour in ("service", "branching", "participating") and self.channels != _ALL_CHANNELS
        )
        return self.channels if served else frozenset()

    @property
    def decided_outside(self) -> bool:
        """Whether the caller or another service determines its result, as configured in [callers]."""
        return self.behaviour in ("branching", "input", "lex", "participating")


def of_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts in a schema's `x-` members as `declared.json` holds them."""
    found: dict[str, Any] = {"behaviour": schema["x-behaviour"], "channels": schema["x-channels"]}
    for member in ("occupies", "hands-over", "log-name", "flow-parameters"):
        if f"x-{member}" in schema:
            found[member.replace("-", "_")] = schema[f"x-{member}"]
    return found


def _load() -> Mapping[str, ActionType]:
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return {type: ActionType(**{**row, "channels": frozenset(row["channels"])}) for type, row in rows.items()}


DECLARED = _load()
"""Every action type that has a schema."""
