"""The flows of a deployment, found by any reference that flows use: ARN, id, name or placeholder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.flows.model import Flow


class FlowLibrary:
    """Flows by name, ARN and id.

    Args:
        flows: the flows; of two with the same name the first gets it, and the other is found by its file's
            stem.
        aliases: ARN, id or placeholder as in an export -> name of a flow in the library.

    Raises:
        BusyhourError: an alias names a flow that does not exist.
    """

    def __init__(self, flows: Iterable[Flow], aliases: Mapping[str, str] | None = None) -> None:
        self._flows = tuple(flows)
        self._by_key: dict[str, Flow] = {}
        for flow in self._flows:
            self._by_key.setdefault(flow.name, flow)
        for flow in self._flows:
            if flow.path is not None:
                self._by_key.setdefault(flow.path.stem, flow)
            if flow.arn:
                self._add(flow.arn, flow)
        for alias, name in (aliases or {}).items():
            target = self._by_key.get(name)
            if target is None:
                raise BusyhourError(
                    f"alias {alias!r} refers to {name!r}, which is not one of the flows.{did_you_mean(name, self.names())}",
                    "Name one of the flows in the scenario's list of files.",
                )
            self._by_key[alias] = target
            self._add(alias, target)

    def __iter__(self) -> Iterator[Flow]:
        return iter(self._flows)

    def __len__(self) -> int:
        return len(self._flows)

    def names(self) -> list[str]:
        """Return the names of all flows, in the given order."""
        return [flow.name for flow in self._flows]

    def resolve(self, reference: str) -> Flow | None:
        """Return the flow for `reference`: ARN, id (with or without a version or alias), name or alias of the scenario."""
        reference = reference.strip()
        found = self._by_key.get(reference)
        if found is None and reference:
            found = self._by_key.get(identity(reference))
        return found

    def get(self, name: str) -> Flow:
        """Return the flow for a reference, as `resolve` does.

        Raises:
            BusyhourError: no flow matches.
        """
        flow = self.resolve(name)
        if flow is None:
            raise BusyhourError(
                f"no flow {name!r} among {len(self)} flows.{did_you_mean(name, self.names())}",
                f"Flows: {', '.join(sorted(self.names())[:20]) or 'none'}.",
            )
        return flow

    def _add(self, reference: str, flow: Flow) -> None:
        self._by_key.setdefault(reference, flow)
        self._by_key.setdefault(identity(reference), flow)


def identity(reference: str) -> str:
    """Return the id in an ARN or of a versioned id, without the version or alias: `arn:…/contact-flow/ID:$LATEST` -> `ID`.

    What follows the colon is `$LATEST`, `$SAVED`, a number or, after an ARN or a generated id, an alias; a name may
    have a colon of its own.
    """
    _, slash, tail = reference.rpartition("/") if reference.startswith("arn:") else ("", "", reference)
    head, colon, version = tail.rpartition(":")
    if colon and head and (slash or version.startswith("$") or version.isdecimal() or _ID.fullmatch(head)):
        return head
    return tail


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""Ids that Connect generates."""
