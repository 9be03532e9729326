"""Scripted answers for one call: inputs of the caller, responses of functions, durations.

For traces and examples. Each effect is answered by an event and the seconds until then, on a clock of its own.
Everything missing in the script has a default; `assumed` lists the defaults that were used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.flows import protocol as p
from busyhour.flows.action_types import declared
from busyhour.flows.actions.functions import ARN_KEYS, RESULT, function_name
from busyhour.flows.call import Call
from busyhour.flows.model import Flow
from busyhour.flows.protocol import keypad
from busyhour.flows.references import find

SILENCE, HANG_UP = "silence", "hang-up"
"""Inputs other than digits and intents."""
AHEAD = "^"
"""Before keys that are pressed while the next prompt plays."""

LAMBDA_FAILURES = frozenset({"timeout", "throttled", "function_error", "unreachable", "invalid"})
"""Responses of a function other than JSON."""


@dataclass(slots=True)
class Script:
    """The answers of one call. Mutable: inputs and answers are used up in order.

    `inputs` are digits, intents, `silence` or `hang-up`, one for each menu, stored input or bot. `functions`
    maps a function's name (or ARN) to its responses, the last of which is repeated; a response is JSON or one
    of `LAMBDA_FAILURES`. All times are seconds.
    """

    inputs: list[str] = field(default_factory=list)
    functions: dict[str, list[Any]] = field(default_factory=dict)
    open: bool = True
    queue_full: bool = False
    wait: float = 45.0
    """Time in the queue until an agent answers."""
    talk: float = 180.0
    hung_up_by: str = "agent"
    think: float = 2.0
    lambda_seconds: float = 0.3
    metrics: Mapping[str, float | str] = field(
        default_factory=lambda: {
            "NumberOfAgentsAvailable": 1,
            "NumberOfAgentsOnline": 5,
            "NumberOfAgentsStaffed": 5,
            "NumberOfContactsInQueue": 3,
            "OldestContactInQueueAgeSeconds": 40,
        }
    )
    patience: int = 200
    """Effects answered before the caller hangs up: ends flows that do not end by themselves."""
    assumed: list[str] = field(default_factory=list)
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values that services return, by reference path (`DataTableList.ResultData`)."""
    override: str = ""
    """The override of the hours that is in force."""
    _waited: float = 0.0
    _left: float = 0.0
    """Seconds until the wait beside which the flow continues is over."""
    _branch: str = ""
    """The event that ends it; empty: its time."""
    _results: dict[str, p.LambdaResult | p.LambdaFailed] = field(default_factory=dict)
    """Outcomes of asynchronous functions, by their ids."""

    def answer(self, call: Call, effect: p.Effect) -> tuple[p.Event, float]:
        """Return the event that answers `effect`, and the seconds until it occurs."""
        self.patience -= 1
        if self.patience < 0:
            self._assume("the caller hung up: the script is over and the flow does not end by itself")
            return p.HungUp(), 0.0
        if call.is_queued and not isinstance(effect, p.Enqueue):
            return self._in_queue(effect)
        event, seconds = self._answer(effect)
        if not call.continues_beside:
            return event, seconds
        if seconds >= self._left:
            return p.WaitOver(self._branch), self._left
        self._left -= seconds
        return event, seconds

    def _in_queue(self, effect: p.Effect) -> tuple[p.Event, float]:
        left = self.wait - self._waited
        if isinstance(effect, p.Loop) and effect.seconds == float("inf"):
            return p.AgentAnswered("agent/1", "agent"), max(left, 0.0)
        event, seconds = self._answer(effect)
        if seconds >= left:
            return p.AgentAnswered("agent/1", "agent"), max(left, 0.0)
        self._waited += seconds
        return event, seconds

    def _answer(self, effect: p.Effect) -> tuple[p.Event, float]:
        match effect:
            case p.Play(seconds=seconds):
                return p.Done(keys=self._ahead(effect)), seconds
            case p.Loop(seconds=seconds):
                return (p.HungUp(), 60.0) if seconds == float("inf") else (p.Done(), seconds)
            case p.Collect():
                return self._collect(effect)
            case p.Converse(prompt_seconds=seconds):
                entry = self._next_input()
                if entry == HANG_UP:
                    return p.HungUp(), seconds
                return (
                    (p.Silence(), seconds + 5.0)
                    if entry == SILENCE
                    else (p.LexResult(entry), seconds + self.think)
                )
            case p.Invoke():
                return self._invoke(effect)
            case p.CheckHours():
                return p.Hours(self.open, self.override), 0.0
            case p.ReadMetrics():
                return p.Metrics(self.metrics), 0.0
            case p.Enqueue(queue=queue):
                self._waited = 0.0
                return (p.AtCapacity() if self.queue_full else p.Queued("", queue or "")), 0.0
            case p.Talk():
                return p.Done(self.hung_up_by), self.talk
            case p.Dial():
                return p.Connected(), self.think
            case p.Pause():
                return self._pause(effect)
            case p.Service(type=type, branches=branches):
                if declared(type).behaviour == "load-result":
                    return self._loaded(effect), 0.0
                if branches:
                    self._assume(f"{type} returned {branches[0]!r}")
                filled = declared(type).fills
                values = {path: one for path, one in self.values.items() if path.partition(".")[0] in filled}
                return p.Succeeded(values, branches[0] if branches else None), effect.person_seconds
            case _:
                return p.HungUp(), 0.0

    def _pause(self, effect: p.Pause) -> tuple[p.Event, float]:
        returns = bool(effect.returned and self._results)
        seconds = min(effect.seconds, self.lambda_seconds) if returns else effect.seconds
        if effect.action:
            self._branch = effect.returned if returns and seconds < effect.seconds else ""
        if effect.continues:
            self._left = seconds
            return p.Succeeded(branch="Continue"), 0.0
        return p.Succeeded(branch=self._branch) if self._branch else p.Done(), seconds

    def _loaded(self, effect: p.Service) -> p.Event:
        given = str(dict(effect.parameters))
        found = [one for identity, one in self._results.items() if identity in given]
        last = (found or list(self._results.values()))[-1:]
        if last and isinstance(last[0], p.LambdaResult):
            return p.Succeeded({RESULT: last[0].payload})
        return p.Failed(detail="the asynchronous function failed" if last else "no function was invoked")

    def _ahead(self, effect: p.Play) -> str:
        """Return the keys pressed while a prompt plays; the caller presses them at the first one after the last input."""
        customer = effect.audience is p.Audience.CUSTOMER
        if not (self.inputs and self.inputs[0].startswith(AHEAD) and customer):
            return ""
        given = self.inputs.pop(0)
        keys = keypad.plain(given.removeprefix(AHEAD))
        if not set(keys) <= keypad.KEYS:
            raise BusyhourError(
                f"input {given!r}: keys are pressed while a prompt plays", "Give the keys 0 to 9, * and #."
            )
        if not effect.buffered:
            self._assume(
                f"{keys} was pressed while {effect.action!r} played, without a DTMF buffer, and is lost"
            )
        return keys

    def _collect(self, effect: p.Collect) -> tuple[p.Event, float]:
        entered = self._next_input().removeprefix(AHEAD)
        if entered == HANG_UP:
            return p.HungUp(), effect.prompt_seconds
        if entered == SILENCE:
            return p.Silence(), effect.prompt_seconds + effect.timeout_seconds
        if not set(entered) <= keypad.KEYS | {keypad.PAUSE, "+"}:
            raise BusyhourError(
                f"input {entered!r}: the action {effect.action!r} takes keys",
                "Give the keys 0 to 9, * and #, with `,` for a pause, or `silence` or `hang-up`.",
            )
        event, seconds = keypad.pressed(effect, entered, self.think)
        if isinstance(event, p.Digits) and event.later and not effect.buffered:
            self._assume(f"{event.later} was pressed after the input {effect.action!r} was over, and is lost")
        return event, effect.prompt_seconds + seconds

    def _next_input(self) -> str:
        if self.inputs:
            return self.inputs.pop(0)
        self._assume("the caller was silent after the inputs were used up")
        return SILENCE

    def _invoke(self, effect: p.Invoke) -> tuple[p.Event, float]:
        event, seconds = self._response(effect)
        if not effect.asynchronous:
            return event, seconds
        self._results[effect.invocation_id] = event
        return p.LambdaResult({}), 0.0

    def _response(self, effect: p.Invoke) -> tuple[p.LambdaResult | p.LambdaFailed, float]:
        name = function_name(effect.function_arn)
        answers = self.functions.get(effect.function_arn) or self.functions.get(name)
        if not answers:
            self._assume(f"function {name!r} returned {{}}")
            return p.LambdaResult({}, seconds=self.lambda_seconds), self.lambda_seconds
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, str) and answer in LAMBDA_FAILURES:
            seconds = effect.timeout_seconds if answer == "timeout" else self.lambda_seconds
            return p.LambdaFailed(answer, seconds=seconds), seconds
        return p.LambdaResult(answer, seconds=self.lambda_seconds), self.lambda_seconds

    def _assume(self, what: str) -> None:
        if what not in self.assumed:
            self.assumed.append(what)


def ensure_called(functions: Iterable[str], flows: Iterable[Flow], option: str = "") -> None:
    """Check that some action of the flows invokes each function; a computed reference may refer to any function.

    Args:
        functions: names or ARNs of the functions that have responses.
        flows: all flows.
        option: prefix of the name in a message.

    Raises:
        BusyhourError: no action invokes one; names the nearest function.
    """
    named = {
        value
        for flow in flows
        for action in flow.actions
        for key in ARN_KEYS
        if isinstance(value := action.parameters.get(key), str)
    }
    if any(find(value) or not value for value in named):
        return
    known = {function_name(value) for value in named}
    for name in functions:
        if name not in known and name not in named:
            raise BusyhourError(
                f"{option}{name}: no flow invokes this function.{did_you_mean(name, known)}",
                f"The flows invoke: {', '.join(sorted(known)) or 'none'}.",
            )


def unknown_functions(script: Script, called: Iterable[str]) -> list[str]:
    """Return the functions with responses in the script that were never called."""
    seen = set(called)
    names = {function_name(arn) for arn in seen}
    return [name for name in script.functions if name not in seen and name not in names]
