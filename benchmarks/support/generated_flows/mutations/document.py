"""Mutations of the document as a whole, the names of its actions, and its type."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

from support.generated_flows.mutations.access import Data, Edit, actions_of, drop, put, renamed
from support.generated_flows.mutations.mutation import Mutations

DOCUMENT = Mutations()


@DOCUMENT.add("version is another one", "version")
def _(flow: Data) -> Iterator[Edit]:
    for version in ("2019-10-31", "1", "latest"):
        yield put(flow, "Version", version)


@DOCUMENT.add("a part of the document is missing", "not-a-flow")
def _(flow: Data) -> Iterator[Edit]:
    for part in ("Version", "StartAction"):
        yield drop(flow, part)


@DOCUMENT.add("a part of the document has another kind", "not-a-flow")
def _(flow: Data) -> Iterator[Edit]:
    yield put(flow, "Version", 20191030)
    yield put(flow, "StartAction", None)
    yield put(flow, "Actions", {action["Identifier"]: action for action in flow["Actions"]})


@DOCUMENT.add("the start action does not exist", "start-action")
def _(flow: Data) -> Iterator[Edit]:
    for start in ("no-such-action", "", flow["StartAction"] + "x"):
        yield put(flow, "StartAction", start)


@DOCUMENT.add("more than 250 actions", "too-many-actions")
def _(flow: Data) -> Iterator[Edit]:
    def edit() -> None:
        smallest = min(actions_of(flow), key=lambda action: len(json.dumps(action)))
        for number in range(251 - len(flow["Actions"])):
            action = copy.deepcopy(smallest)
            action["Identifier"] = f"copy {number}"
            flow["Actions"].append(action)

    if flow["Actions"]:
        yield edit


@DOCUMENT.add("more than 256,000 characters", "content-too-long")
def _(flow: Data) -> Iterator[Edit]:
    yield lambda: flow.setdefault("Metadata", {}).__setitem__("padding", "x" * 256_000)


@DOCUMENT.add("a module without Settings", "module-settings")
def _(flow: Data) -> Iterator[Edit]:
    if "Settings" in flow and any(actions_of(flow, "EndFlowModuleExecution")):
        yield drop(flow, "Settings")


@DOCUMENT.add("Settings in a flow", "module-settings")
def _(flow: Data) -> Iterator[Edit]:
    if "Settings" not in flow and flow.get("Metadata", {}).get("type") not in (None, "contactFlowModule"):
        settings: Data = {"InputParameters": [], "OutputParameters": [], "Transitions": []}
        yield put(flow, "Settings", settings)


@DOCUMENT.add("two actions with one identifier", "duplicate-identifier")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        yield lambda action=action: flow["Actions"].append(copy.deepcopy(action))  # type: ignore[misc]  # bound early


@DOCUMENT.add("an identifier that is not allowed", "identifier")
def _(flow: Data) -> Iterator[Edit]:
    reserved = ("__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf")
    illegal = tuple(f"say {character} hello" for character in "%:(\\/)=$,;[]{}")
    for action in flow["Actions"][:3]:
        for name in (*reserved, *illegal, "x" * 51):
            yield renamed(flow, action, name)


@DOCUMENT.add("an action without a usable identifier", "identifier")
def _(flow: Data) -> Iterator[Edit]:
    action = {"Parameters": {}, "Type": "UpdateFlowLoggingBehavior", "Transitions": {}}
    action["Parameters"] = {"FlowLoggingBehavior": "Enabled"}
    action["Transitions"] = {"NextAction": flow["StartAction"]}
    for extra in ({}, {"Identifier": 7}, {"Identifier": ""}, {"Identifier": None}):
        made = {**action, **extra}
        yield lambda made=made: flow["Actions"].append(made)  # type: ignore[misc]  # bound early
