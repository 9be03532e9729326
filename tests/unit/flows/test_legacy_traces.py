"""Conversion keeps behaviour: the same story, told by an old export itself and by its conversion, says the same.

Old exports are read here by a second, much simpler reading of the old format, which shares nothing with the
converter: modules, branches by their old names, attributes by their old namespaces. A story is what callers, functions
and hours do at each module; it goes on until something that this reading does not know.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from busyhour.flows import protocol as p
from busyhour.flows.call import Call
from busyhour.flows.export.document import parse
from busyhour.flows.export.legacy import convert
from busyhour.flows.export.reader import read
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Flow

CORPUS = (Path(__file__).parents[3] / "../shared/corpus/flows").resolve()
STORIES = 5
"""For each export."""
LONGEST = 60
"""Modules in a story."""

GOES_ON = {"SetVoice", "SetLoggingBehavior", "SetRecordingBehavior", "SetContactData", "SetEventHook", "SetContactFlow",
           "UpdateRoutingPriority"}  # fmt: skip
TIMEOUT, OTHER, FAILS = "timeout", "other", "fails"


@dataclass
class Story:
    """What the world does: the same at the same visit of the same module, in every trace."""

    document: dict[str, Any]
    seed: int
    visits: Counter[str] = field(default_factory=Counter)

    def next(self, module: dict[str, Any]) -> Any:
        """What happens at this visit of a module."""
        self.visits[module["id"]] += 1
        chance = random.Random(f"{self.seed}/{module['id']}/{self.visits[module['id']]}")
        options: list[Any] = []
        match module["type"]:
            case "GetUserInput":
                options = [
                    one["conditionValue"] for one in module["branches"] if one["condition"] == "Evaluate"
                ]
                options += [OTHER, TIMEOUT] if module.get("target") == "Digits" else [OTHER]
            case "StoreUserInput":
                options = ["1", "7", TIMEOUT]
            case "InvokeExternalResource":
                options = [FAILS, *self.answers(), *self.answers()]
            case "CheckHoursOfOperation":
                options = [True, False]
        return chance.choice(options) if options else None

    def answers(self) -> list[dict[str, str]]:
        """Answers of functions: any value for every key that is read, or one that the flow tests."""
        text = json.dumps(self.document)
        keys = set(re.findall(r"\$\.External\.(\w+)", text))
        tested: dict[str, list[str]] = {}
        for module in self.document["modules"]:
            for one in module["parameters"]:
                if one.get("namespace") == "External":
                    keys.add(one["value"])
            given = parameters(module)
            if module["type"] == "CheckAttribute" and given.get("Namespace") == "External":
                tested[given["Attribute"]] = [
                    one["conditionValue"] for one in module["branches"] if one["condition"] == "Evaluate"
                ]
        plain = {key: f"the {key}" for key in sorted(keys)}
        return [plain, *({**plain, key: value} for key, values in tested.items() for value in values)]


def parameters(module: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in module["parameters"]}


class UnknownError(Exception):
    """This reading does not know what comes next."""


@dataclass
class Old:
    """An old export, read as it is."""

    document: dict[str, Any]
    story: Story
    attributes: dict[str, str] = field(default_factory=dict)
    external: dict[str, str] = field(default_factory=dict)
    stored: str = ""
    queue: bool = False
    loops: Counter[str] = field(default_factory=Counter)
    heard: list[str | None] = field(default_factory=list)
    """What the caller hears; None is a recording."""
    runs: Counter[str] = field(default_factory=Counter)

    def tell(self) -> tuple[list[str | None], str]:
        """What is heard, and where the story ends: at a module (run as often as `runs` says), or with the call."""
        modules = {one["id"]: one for one in self.document["modules"]}
        here = self.document["start"]
        for _ in range(LONGEST):
            module = modules[here]
            self.runs[here] += 1
            if module["type"] == "Disconnect":
                return self.heard, "over"
            try:
                branch = self.run(module)
            except UnknownError:
                return self.heard, here
            found = [
                one["transition"] for one in module["branches"] if one is branch or one["condition"] == branch
            ]
            if not found:
                return self.heard, "over"
            here = found[0]
        return self.heard, "long"

    def run(self, module: dict[str, Any]) -> Any:
        """Run a module; the branch that it takes, or the name of its condition."""
        given = parameters(module)
        match module["type"]:
            case "PlayPrompt":
                self.heard.append(self.text(module))
                return "Success"
            case "GetUserInput":
                self.heard.append(self.text(module))
                does = self.story.next(module)
                if does in (OTHER, TIMEOUT):
                    return "NoMatch" if does == OTHER else "Timeout"
                return next(one for one in module["branches"] if one.get("conditionValue") == does)
            case "StoreUserInput" if given.get("CustomerInputType") == "Custom":
                self.heard.append(self.text(module))
                does = self.story.next(module)
                self.stored = "Timeout" if does == TIMEOUT else does
                return "Success"
            case "CheckAttribute":
                value = self.value(given["Namespace"], given["Attribute"])
                for one in module["branches"]:
                    if one["condition"] == "Evaluate":
                        if (
                            one["conditionType"] != "Equals"
                            or one.get("namespace")
                            or "$" in str(one["conditionValue"])
                        ):
                            raise UnknownError
                        if value == str(one["conditionValue"]):
                            return one
                return "NoMatch"
            case "SetAttributes":
                new = {
                    one["key"]: self.value(one["namespace"], one["value"])
                    if one.get("namespace")
                    else self.filled(one["value"])
                    for one in module["parameters"]
                    if one["name"] == "Attribute"
                }
                self.attributes |= new
                for key in [key for key, value in self.attributes.items() if not value]:
                    del self.attributes[key]
                return "Success"
            case "InvokeExternalResource" if module.get("target") == "Lambda":
                arn = next(one for one in module["parameters"] if one["name"] == "FunctionArn")
                if arn.get("namespace"):
                    raise UnknownError
                does = self.story.next(module)
                if does == FAILS:
                    return "Error"
                self.external = does
                return "Success"
            case "SetQueue":
                if any(one.get("namespace") or one["name"] != "Queue" for one in module["parameters"]):
                    raise UnknownError
                self.queue = True
                return "Success"
            case "CheckHoursOfOperation" if given.get("Hours") or self.queue:
                return str(self.story.next(module))
            case "Transfer" if module.get("target") == "Flow":
                # There is no other flow in this story.
                return "Error"
            case "Transfer" if (
                module.get("target") == "Queue" and not self.queue and not module["parameters"]
            ):
                return "Error"
            case "Loop" if str(given["LoopCount"]).isdecimal():
                self.loops[module["id"]] += 1
                if self.loops[module["id"]] <= int(given["LoopCount"]):
                    return "Looping"
                self.loops[module["id"]] = 0
                return "Complete"
            case kind if kind in GOES_ON:
                return "Success"
            case _:
                raise UnknownError

    def text(self, module: dict[str, Any]) -> str | None:
        """What a prompt says."""
        for one in module["parameters"]:
            if one["name"] == "Text":
                return (
                    self.value(one["namespace"], one["value"])
                    if one.get("namespace")
                    else self.filled(one["value"])
                )
        return None

    def filled(self, text: Any) -> str:
        def named(match: re.Match[str]) -> str:
            return (self.attributes if match[1] == "Attributes" else self.external).get(match[2], "")

        text = str(text).replace("$.StoredCustomerInput", self.stored)
        if re.search(r"\$\.(?!Attributes\.\w|External\.\w)|\$\.\w+\.\w+[-.\[]\w", text):
            raise UnknownError
        return re.sub(r"\$\.(Attributes|External)\.(\w+)", named, text)

    def value(self, namespace: str, name: str) -> str:
        match namespace:
            case "User Defined":
                return self.attributes.get(name, "")
            case "External":
                return self.external.get(name, "")
            case "System" if name == "Stored customer input":
                return self.stored
            case "System" if name == "Customer Number":
                return "+15555550100"
            case _:
                raise UnknownError


class StoppedError(Exception):
    """The telling has come to where the other one ended."""


@dataclass
class Stop:
    """Stops the machine when an action is about to be run for the n-th time."""

    identifier: str
    times: int

    def on_action(self, call: Call, flow: Flow, action: Action) -> None:
        if action.identifier == self.identifier:
            self.times -= 1
            if self.times == 0:
                raise StoppedError

    def on_branch(self, call: Call, flow: Flow, action: Action, kind: str, index: int) -> None:
        pass


def converted(document: dict[str, Any], story: Story, ends: str, times: int) -> tuple[list[str], str]:
    """What is heard in the conversion, driven by the same story, until the other telling's end."""
    flow = read(parse(json.dumps(convert(parse(json.dumps(document))).data)), name="old")
    call = Machine(FlowLibrary([flow]), observer=Stop(ends, times)).call(flow)
    modules = {one["id"]: one for one in document["modules"]}
    heard: list[str] = []
    try:
        effect = call.start()
        for _ in range(2 * LONGEST):
            if isinstance(effect, p.Ended):
                return heard, "over"
            if isinstance(effect, p.Play | p.Collect | p.Converse):
                heard.append(effect.text)
            effect = call.send(_event(effect, story.next(modules[call.current_action])))
    except StoppedError:
        return heard, ends
    return heard, "long"


def _event(effect: p.Effect, does: Any) -> p.Event:
    match effect:
        case p.Play():
            return p.Done()
        case p.Collect(choices=choices):
            if does == TIMEOUT:
                return p.Silence()
            return p.Digits(
                next(key for key in "0987654321*#" if key not in choices) if does == OTHER else str(does)
            )
        case p.Converse():
            return p.LexResult("SomeOtherIntent" if does == OTHER else str(does))
        case p.Invoke():
            return p.LambdaFailed("function_error") if does == FAILS else p.LambdaResult(does)
        case p.CheckHours():
            return p.Hours(bool(does))
        case _:
            return p.Succeeded()


def told(document: dict[str, Any], seed: int) -> tuple[tuple[list[str | None], str], tuple[list[str], str]]:
    reading = Old(document, Story(document, seed))
    old = reading.tell()
    return old, converted(document, Story(document, seed), old[1], reading.runs[old[1]])


def exports() -> list[Any]:
    found = []
    for path in sorted(CORPUS.glob("*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8-sig"))
        except ValueError:
            continue
        if isinstance(data, dict) and "modules" in data:
            found.append(pytest.param(data, id=path.stem[-60:]))
    return found


MENU = {
    "start": "ask",
    "modules": [
        {"id": "ask", "type": "GetUserInput", "target": "Digits",
         "parameters": [{"name": "Text", "value": "Press 1", "namespace": None}, {"name": "TextToSpeechType", "value": "text"},
                        {"name": "Timeout", "value": "5"}, {"name": "MaxDigits", "value": "1"}],
         "branches": [{"condition": "Evaluate", "conditionType": "Equals", "conditionValue": "1", "transition": "look"},
                      {"condition": "Timeout", "transition": "again"}, {"condition": "NoMatch", "transition": "again"},
                      {"condition": "Error", "transition": "bye"}]},
        {"id": "again", "type": "Loop", "parameters": [{"name": "LoopCount", "value": "2"}],
         "branches": [{"condition": "Looping", "transition": "ask"}, {"condition": "Complete", "transition": "bye"}]},
        {"id": "look", "type": "InvokeExternalResource", "target": "Lambda",
         "parameters": [{"name": "FunctionArn", "value": "arn:aws:lambda:us-east-1:111122223333:function:f", "namespace": None},
                        {"name": "TimeLimit", "value": "8"}],
         "branches": [{"condition": "Success", "transition": "keep"}, {"condition": "Error", "transition": "bye"}]},
        {"id": "keep", "type": "SetAttributes",
         "parameters": [{"name": "Attribute", "key": "name", "value": "name", "namespace": "External"}],
         "branches": [{"condition": "Success", "transition": "which"}, {"condition": "Error", "transition": "bye"}]},
        {"id": "which", "type": "CheckAttribute",
         "parameters": [{"name": "Attribute", "value": "tier"}, {"name": "Namespace", "value": "External"}],
         "branches": [{"condition": "Evaluate", "conditionType": "Equals", "conditionValue": "gold", "transition": "hello"},
                      {"condition": "NoMatch", "transition": "bye"}]},
        {"id": "hello", "type": "PlayPrompt",
         "parameters": [{"name": "Text", "value": "Hello $.Attributes.name", "namespace": None}, {"name": "TextToSpeechType", "value": "text"}],
         "branches": [{"condition": "Success", "transition": "bye"}, {"condition": "Error", "transition": "bye"}]},
        {"id": "bye", "type": "PlayPrompt",
         "parameters": [{"name": "Text", "value": "Goodbye", "namespace": None}, {"name": "TextToSpeechType", "value": "text"}],
         "branches": [{"condition": "Success", "transition": "end"}, {"condition": "Error", "transition": "end"}]},
        {"id": "end", "type": "Disconnect", "parameters": [], "branches": []},
    ],
    "metadata": {"name": "menu"}, "type": "contactFlow", "version": "1",
}  # fmt: skip


def test_an_old_menu_and_its_conversion_give_the_same_traces():
    stories = {seed: told(MENU, seed) for seed in range(40)}
    for old, new in stories.values():
        assert old == new
        assert old[1] == "over"
    tellings = {tuple(old[0]) for old, _ in stories.values()}
    assert ("Press 1", "Hello the name", "Goodbye") in tellings
    assert ("Press 1", "Press 1", "Press 1", "Goodbye") in tellings
    assert len(tellings) >= 5


@pytest.mark.parametrize("document", exports() or [pytest.param(None, id="none")])
def test_a_real_old_export_and_its_conversion_give_the_same_traces(document: dict[str, Any] | None):
    if document is None:
        pytest.skip(f"no corpus of flows beside this checkout ({CORPUS.name} folder not found)")
    for seed in range(STORIES):
        (old, old_end), (new, new_end) = told(document, seed)
        assert new_end == old_end, (seed, old, new)
        assert len(old) == len(new)
        for before, after in zip(old, new, strict=True):
            assert before is None or before == after, seed
