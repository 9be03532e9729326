"""Possible answers of the world to each effect, and the event of a choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from busyhour.exploration.world.candidates import CandidateValues
from busyhour.exploration.world.choices import Choice, Option
from busyhour.exploration.world.stubs import MODULE_STAND_IN
from busyhour.exploration.world.values import OTHER, tests_of, witnesses
from busyhour.flows import protocol as p
from busyhour.flows.action_types import declared
from busyhour.flows.compiled import NO_ERROR
from busyhour.flows.matching import number
from busyhour.flows.model import Action
from busyhour.flows.protocol import keypad

HANG_UP = Option(Choice("hangs up"), guided=False)

_OWN_ERRORS = NO_ERROR | {"QueueAtCapacity", "InvalidPhoneNumber"}
"""Errors caused by the caller or the queue, not by a failure."""

LONG = 1_024
"""Characters of a long value that a function returns."""

_FORGED: tuple[tuple[Any, bool], ...] = (
    ({}, True),
    ({"statusCode": 200, "body": "{}"}, True),
    (None, True),
    (["a list"], True),
    ("text", True),
    ({"much": "x" * 33_000}, True),
    ({"number": 1, "nothing": None, "inner": {"deep": "value"}}, True),
)
"""Responses that no flow expects: empty, an API's envelope, no object, too large, wrong types."""

_AGE = "OldestContactInQueueAgeSeconds"
_THINK, _TALK, _ANSWER, _LAMBDA, _DIAL = 2.0, 120.0, 30.0, 0.3, 10.0
"""Seconds of ordinary steps."""


class LazyAnswer(dict[str, Any]):
    """A function's response that gets its values when the flow reads them. `decided` are the paths read so far."""

    def __init__(self, long: bool = False) -> None:
        super().__init__()
        self.decided: set[tuple[str, ...]] = set()
        self.long = long

    def settle(self, path: tuple[str, ...], value: Any) -> None:
        """Set the value at `path`; None for no value."""
        self.decided.add(path)
        if value is None:
            return
        here: dict[str, Any] = self
        for part in path[:-1]:
            inner = here.get(part)
            if not isinstance(inner, dict):
                inner = here[part] = {}
            here = inner
        here[path[-1]] = value


def options(effect: p.Effect, action: Action | None, queued: bool, pools: CandidateValues) -> list[Option]:
    """Return the options now, the most ordinary one first."""
    found = list(_ordinary(effect, action, queued, pools))
    if isinstance(effect, p.Talk):
        return [*found, HANG_UP]
    if action is not None:
        found += _failures(effect, action)
    if queued and not isinstance(effect, p.Loop):
        found.append(Option(Choice("agent"), guided=False))
    return [*found, HANG_UP]


def _failures(effect: p.Effect, action: Action | None) -> list[Option]:
    if isinstance(effect, p.Invoke):
        timeout = action is not None and action.error_target("TimeLimitExceeded") is not None
        kinds = ("timeout", "throttled", "unreachable", "invalid")
        return [
            Option(Choice("lambda fails", "function_error"), passive=True, fault=True),
            *(
                Option(Choice("lambda fails", one), True, True, guided=timeout and one == "timeout")
                for one in kinds
            ),
        ]
    types = [one.error_type for one in action.errors] if action is not None else []
    found = [
        Option(Choice("fails", one), passive=True, fault=True)
        for one in dict.fromkeys(types)
        if one and (one not in _OWN_ERRORS or isinstance(effect, p.Service))
    ]
    return found or [Option(Choice("fails", "NoMatchingError"), True, True, guided=False)]


def _ordinary(effect: p.Effect, action: Action | None, queued: bool, pools: CandidateValues) -> list[Option]:
    match effect:
        case p.Play(buffered=True):
            return [Option(Choice("goes on"), passive=True), Option(Choice("presses", "1"), guided=False)]
        case p.Loop(seconds=seconds):
            agent = [Option(Choice("agent"))] if queued else []
            if seconds == float("inf"):
                return agent or [Option(Choice("hangs up"))]
            return [Option(Choice("goes on"), passive=True), *agent]
        case p.Collect():
            return _keys(effect, action, pools)
        case p.Converse(intents=intents):
            known = dict.fromkeys([*intents, *(one for one in pools.of("Lex.IntentName") if one != OTHER)])
            return [
                *(Option(Choice("says", one)) for one in known),
                Option(Choice("says", OTHER), passive=True),
                Option(Choice("says", ""), passive=True),
                Option(Choice("silence"), passive=True),
            ]
        case p.Invoke(asynchronous=asynchronous):
            return [
                Option(Choice("answers"), passive=True),
                Option(Choice("answers late"), passive=True, guided=False),
                Option(Choice("answers much"), guided=False),
                *(
                    Option(Choice("answers", value), passive=True, fault=fault, guided=False)
                    for value, fault in (() if asynchronous else _FORGED)
                ),
            ]
        case p.CheckHours(overrides=overrides):
            return [Option(Choice("hours", one), passive=True) for one in (True, False, *overrides)]
        case p.ReadMetrics():
            return _metrics(effect, action)
        case p.Enqueue():
            return [Option(Choice("queued")), Option(Choice("full"), passive=True)]
        case p.Talk():
            return [Option(Choice("talked", "agent")), Option(Choice("talked", "customer"))]
        case p.Dial():
            return [Option(Choice("connected"))]
        case p.Pause(events=events):
            returned = [Option(Choice("returned"))] if "CustomerReturned" in events else []
            others = [Option(Choice("happens", one)) for one in events if one != "CustomerReturned"]
            return [Option(Choice("goes on"), passive=True), *returned, *others]
        case p.Service():
            return _service(effect, action, pools)
        case _:
            return [Option(Choice("goes on"), passive=True)]


def _keys(effect: p.Collect, action: Action | None, pools: CandidateValues) -> list[Option]:
    if effect.menu:
        choices = [one for one in effect.choices if one]
        free = next((key for key in "0123456789*#" if key not in choices), None)
        other = [Option(Choice("presses", free), passive=True)] if free is not None else []
        return [
            *(Option(Choice("presses", one)) for one in choices),
            *other,
            Option(Choice("silence"), passive=True),
        ]
    tested = [one for one in pools.of("StoredCustomerInput") if one and set(one) <= set("0123456789*#")]
    tested = [one for one in tested if len(one) <= effect.max_digits]
    ordinary = "15555550123" if any(_is_phone_error(action)) else "1234567890"[: max(1, effect.max_digits)]
    entries = dict.fromkeys([*tested, ordinary])
    wrong = [Option(Choice("presses", "1"), passive=True)] if any(_is_phone_error(action)) else []
    found = [Option(Choice("presses", one)) for one in entries]
    found += [one for one in wrong if one.choice.value not in entries]
    return [*found, Option(Choice("silence"), passive=True)]


def _is_phone_error(action: Action | None) -> list[bool]:
    return [one.error_type == "InvalidPhoneNumber" for one in action.errors] if action is not None else []


def _metrics(effect: p.ReadMetrics, action: Action | None) -> list[Option]:
    if effect.metric is None or action is None:
        return [Option(Choice("metrics", {}))]
    scale = 1000.0 if effect.metric == _AGE else 1.0
    found: list[Option] = []
    for value in witnesses(tests_of(action.conditions)):
        measured = number(value)
        if measured is not None and measured >= 0:
            found.append(Option(Choice("metrics", {effect.metric: measured / scale})))
    return [*found, Option(Choice("metrics", {}))]


def _service(effect: p.Service, action: Action | None, pools: CandidateValues) -> list[Option]:
    works = Option(Choice("works"), passive=True)
    if not effect.branches or action is None or action.behaviour == "invoke-module":
        return [works]
    values = witnesses(tests_of(action.conditions))
    if "Views" in declared(effect.type).fills:
        values = list(dict.fromkeys([*values, *pools.of("Views.Action")]))
    if action.behaviour == "distribute":
        values = [one for one in values if (share := number(one)) is not None and 1 <= share <= 100]
    return [*(Option(Choice("works", one)) for one in values), works]


def stand_in_options(caller: Action | None, pools: CandidateValues) -> list[Option]:
    """Return the results that a missing module can return: those for which flows have branches."""
    tested = witnesses(tests_of(caller.conditions)) if caller is not None else []
    results = list(dict.fromkeys([*tested, *pools.of("Modules.Result")]))
    if not results:
        return [Option(Choice("works"), passive=True)]
    return [
        *(Option(Choice("works", one), passive=True) for one in results),
        Option(Choice("works"), passive=True, guided=False),
    ]


def event_of(
    choice: Choice, effect: p.Effect, answer: Callable[[p.Invoke], p.Event | None]
) -> tuple[p.Event, float] | None:
    """Return the event of a choice for this effect, and the seconds until it occurs; None if it does not fit.

    `answer` calls a real function, if there is one.
    """
    kind, value = choice
    if kind == "hangs up":
        return p.HungUp(), min(_span(effect), 60.0)
    if kind == "agent":
        return p.AgentAnswered("agent/1", "agent"), _ANSWER
    if kind == "fails":
        waited = 0.0
        if isinstance(effect, p.Service) and value == "TimeLimitExceeded":
            waited = effect.limit_seconds
        return p.Failed(str(value)), waited or 0.1
    match effect:
        case p.Play(seconds=seconds) if kind in ("goes on", "presses"):
            return p.Done(keys=str(value or "")), seconds
        case p.Loop(seconds=seconds) if kind == "goes on" and seconds != float("inf"):
            return p.Done(), seconds
        case p.Collect(prompt_seconds=prompt, timeout_seconds=timeout):
            if kind == "presses" and value:
                event, seconds = keypad.pressed(effect, str(value), min(_THINK, timeout))
                return event, prompt + seconds
            if kind == "silence":
                return p.Silence(), prompt + timeout
        case p.Converse(prompt_seconds=prompt):
            if kind == "says":
                return p.LexResult(str(value or "")), prompt + _THINK
            if kind == "silence":
                return p.Silence(), prompt + 5.0
        case p.Invoke():
            return _function(kind, value, effect, answer)
        case p.CheckHours() if kind == "hours":
            return p.Hours(value is True, value if isinstance(value, str) else ""), 0.0
        case p.ReadMetrics() if kind == "metrics" and isinstance(value, Mapping | None):
            return p.Metrics(dict(value or {})), 0.0
        case p.Enqueue(queue=queue) if kind == "queued":
            return p.Queued("", queue or ""), 0.0
        case p.Enqueue() if kind == "full":
            return p.AtCapacity(), 0.0
        case p.Talk() if kind == "talked":
            return p.Done(str(value)), _TALK
        case p.Dial() if kind == "connected":
            return p.Connected(), _DIAL
        case p.Pause(continues=True) if kind in ("goes on", "returned", "happens"):
            return p.Succeeded(branch="Continue"), 0.0
        case p.Pause(seconds=seconds) if kind == "goes on":
            return p.Done(), seconds
        case p.Pause(events=events) if kind == "returned" and "CustomerReturned" in events:
            return p.CustomerReturned(), _THINK
        case p.Pause(events=events) if kind == "happens" and value in events:
            return p.Succeeded(branch=str(value)), 0.0
        case p.Service(type=type) if kind == "works":
            if type == MODULE_STAND_IN:
                return p.Succeeded({"StandIn.Result": value} if value else {}), 0.0
            return p.Succeeded(branch=None if value is None else str(value)), effect.person_seconds
    return None


def _function(
    kind: str, value: Any, effect: p.Invoke, answer: Callable[[p.Invoke], p.Event | None]
) -> tuple[p.Event, float] | None:
    limit = effect.timeout_seconds
    if kind == "lambda fails":
        seconds = limit if value == "timeout" else _LAMBDA
        return p.LambdaFailed(str(value), seconds=seconds), seconds
    if kind == "calls":
        real = answer(effect)
        if isinstance(real, p.LambdaFailed):
            return p.LambdaFailed(real.kind, real.detail, _LAMBDA), _LAMBDA
        if isinstance(real, p.LambdaResult):
            return p.LambdaResult(real.payload, seconds=_LAMBDA), _LAMBDA
        return None
    if kind not in ("answers", "answers late", "answers much"):
        return None
    seconds = limit if kind == "answers late" else _LAMBDA
    if effect.asynchronous:
        return p.LambdaResult({"InvocationId": "00000000"}, seconds=0.0), 0.0
    if kind == "answers" and value is not None:
        return p.LambdaResult(value, seconds=seconds), seconds
    return p.LambdaResult(LazyAnswer(kind == "answers much"), size=2, seconds=seconds), seconds


def _span(effect: p.Effect) -> float:
    match effect:
        case p.Play(seconds=seconds) | p.Pause(seconds=seconds) | p.Loop(seconds=seconds):
            return seconds
        case p.Collect(prompt_seconds=seconds) | p.Converse(prompt_seconds=seconds):
            return seconds
        case _:
            return 1.0
