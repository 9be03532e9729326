"""Modules of the console's old export, and their values as those of 2019-10-30 exports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.flows.model import Pointer

_SYSTEM = {
    "agent arn": "$.Agent.ARN",
    "agent first name": "$.Agent.FirstName",
    "agent last name": "$.Agent.LastName",
    "agent user name": "$.Agent.UserName",
    "aws region": "$.AwsRegion",
    "contact id": "$.ContactId",
    "customer callback number": "$.CustomerCallbackNumber",
    "customer id": "$.CustomerId",
    "customer number": "$.CustomerEndpoint.Address",
    "dialed number": "$.SystemEndpoint.Address",
    "initial contact id": "$.InitialContactId",
    "initiation method": "$.InitiationMethod",
    "instance arn": "$.InstanceARN",
    "language": "$.LanguageCode",
    "previous contact id": "$.PreviousContactId",
    "queue arn": "$.Queue.ARN",
    "queue name": "$.Queue.Name",
    "queue outbound number": "$.Queue.OutboundCallerId.Address",
    "stored customer input": "$.StoredCustomerInput",
    "text to speech voice": "$.TextToSpeechVoiceId",
}
"""Display names of the namespace System, in lower case (AWS administrator guide, list of available contact
attributes); any other value is a path as written (`Queue.ARN`, `Channel`)."""

_ROOTS = {"User Defined": "Attributes"}
"""Namespaces whose root has a different name; all others are their own root (`External`, `Lex.Slots`)."""

_PLAIN = re.compile(r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*")


@dataclass(slots=True)
class Module:
    """A module of the old export; `target` is empty if it has none."""

    id: str
    type: str
    target: str
    parameters: list[dict[str, Any]]
    branches: list[dict[str, Any]]

    def numbered(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Return the parameters of that name with their index."""
        return ((index, one) for index, one in enumerate(self.parameters) if one.get("name") == name)


@dataclass(slots=True)
class Parameters:
    """Parameters of the new action; `sources` maps each to the index of its old parameter."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[Pointer, int] = field(default_factory=dict)

    def put(self, path: tuple[str, ...], value: Any, source: int) -> None:
        """Set the value at `path`, creating the objects on the way."""
        here = self.values
        for key in path[:-1]:
            here = here.setdefault(key, {})
        here[path[-1]] = value
        self.sources[path] = source

    def take(self, module: Module, name: str, *path: str, otherwise: str | None = None) -> bool:
        """Copy the parameter `name` to `path`, or `otherwise` if it is missing; return whether it was there."""
        for index, parameter in module.numbered(name):
            self.put(path, value(parameter), index)
            return True
        if otherwise is not None:
            here = self.values
            for key in path[:-1]:
                here = here.setdefault(key, {})
            here[path[-1]] = otherwise
        return False


def value(parameter: Mapping[str, Any]) -> str:
    """Return a parameter's value as in a 2019-10-30 export: a string, with dynamic values as references.

    For a blanked value (frequent in published exports) the resource's name is returned.
    """
    raw = parameter.get("value")
    namespace = parameter.get("namespace")
    if isinstance(namespace, str) and namespace:
        return reference(namespace, "" if raw is None else str(raw))
    if isinstance(raw, bool):
        return "True" if raw else "False"
    if raw in (None, ""):
        name = parameter.get("resourceName")
        return name if isinstance(name, str) else ""
    return str(raw)


def reference(namespace: str, name: str) -> str:
    """Convert `namespace` and `name` to a reference: ("User Defined", "pin") -> `$.Attributes.pin`."""
    if namespace == "System":
        return _SYSTEM.get(name.casefold(), f"$.{name}")
    root = _ROOTS.get(namespace, namespace)
    return f"$.{root}.{name}" if _PLAIN.fullmatch(name) else f"$.{root}['{name}']"
