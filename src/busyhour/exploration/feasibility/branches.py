"""Whether a branch of an action can be taken, given the possible values of references.

Mirrors `busyhour.flows.actions`.
"""

from __future__ import annotations

from collections.abc import Callable

from busyhour.exploration.feasibility.branch_results import (
    always_met,
    error_only,
    module_results,
    never_raised,
    next_unmatched,
    outcomes,
    shown_values,
    tries,
)
from busyhour.exploration.feasibility.constants import Possible, Values
from busyhour.exploration.world.candidates import loop_list, name_of
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.values import first, shadowed, tests_of
from busyhour.flows.action_types import DECLARED
from busyhour.flows.actions import ASKABLE, TYPES
from busyhour.flows.actions.functions import ARN_KEYS
from busyhour.flows.matching import branches, number
from busyhour.flows.model import Action, Flow, FlowType
from busyhour.flows.references import find, text_of, whole

_KEYS = frozenset("0123456789*#")
_ENDS = {
    "disconnect": "the contact is over",
    "end-flow": "the flow is over",
    "end-module": "the module is over",
}
_LEAVES = {
    "to-agent": "the contact is with the agent: the flow is over",
    "transfer-to-flow": "the contact continues in the other flow and does not return",
}
"""Behaviour -> why NextAction is never taken."""


class Branches:
    """The branches of one flow's actions."""

    def __init__(self, context: Context, flow: Flow) -> None:
        self._ground = context
        self._flow = flow

    def impossible(self, action: Action, kind: str, index: int, values: Values) -> str:
        """Return why the branch is never taken, empty if it can be."""
        if action.behaviour in _ENDS:
            return f"{_ENDS[action.behaviour]}: nothing comes after {action.type}"
        if kind == "error":
            name = action.errors[index].error_type
            if any(one.error_type == name for one in action.errors[:index]):
                return f"an earlier branch of the action is for {name} as well"
        if kind == "next" and action.behaviour in _LEAVES:
            return _LEAVES[action.behaviour]
        judge = _BY_BEHAVIOUR.get(action.behaviour)
        if judge is not None:
            return judge(self, action, kind, index, values)
        if action.type in TYPES and action.type not in ASKABLE:
            return self._service(action, kind, index, values)
        return ""

    # --------------------------------------------------------------------------------- by type of action

    def _compare(self, action: Action, kind: str, index: int, values: Values) -> str:
        if any(find(operand) for one in action.conditions for operand in one.operands):
            return error_only(action, kind, index, "NoMatchingCondition")
        raw = text_of(action.parameters.get("ComparisonValue"))
        reference = whole(raw)
        name = "" if reference is None else name_of(reference)
        fixed = None if find(raw) else frozenset({raw})
        held: Possible = values.get(name) if name else fixed
        tests = tests_of(action.conditions)
        if len(tests) != len(action.conditions):
            return ""
        if kind == "condition":
            if held is not None:
                if any(one is not None and first(tests, one) == index for one in held):
                    return ""
                return shown_values(raw, held)
            if name == "StoredCustomerInput":
                tried = [one for one in tries(tests) if one == "Timeout" or (one and set(one) <= _KEYS)]
                if all(first(tests, one) != index for one in tried):
                    return shadowed(tests, index) or f"keys never make {tests[index][1]!r}"
            return shadowed(tests, index)
        if kind == "error":
            return error_only(action, kind, index, "NoMatchingCondition") or always_met(tests, raw, held)
        return next_unmatched(action) or always_met(tests, raw, held)

    def _loop(self, action: Action, kind: str, index: int, values: Values) -> str:
        if loop_list(action):
            # A list of any length, or none.
            failed = kind == "error" and action.errors[index].error_type == "NoMatchingError"
            return "" if failed else outcomes(action, kind, index, ["ContinueLooping", "DoneLooping"])
        raw = text_of(action.parameters.get("LoopCount"))
        times = number(raw)
        if kind == "error" and action.errors[index].error_type == "NoMatchingError":
            return "LoopCount is a number" if times is not None else ""
        fails_on = kind == "next" and times is None and action.error_target("NoMatchingError") is None
        if fails_on and action.type in self._ground.policy.okay_without_error_branch:
            return ""
        if times is None and not find(raw):
            return "LoopCount is not a number"
        results = ["ContinueLooping", "DoneLooping"] if times is None or times > 0 else ["DoneLooping"]
        return outcomes(action, kind, index, results)

    def _hours(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "error" and action.errors[index].error_type != "NoMatchingCondition":
            return ""
        # Any other operand is the name of an override.
        return outcomes(action, kind, index, list(dict.fromkeys(["True", "False", *branches(action)])))

    def _metric(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "condition":
            tests = tests_of(action.conditions)
            if len(tests) == len(action.conditions) and not any(
                (value := number(one)) is not None and value >= 0 and first(tests, one) == index
                for one in tries(tests)
            ):
                return shadowed(tests, index) or f"a metric is never {tests[index][1]!r}"
        elif kind == "next":
            return next_unmatched(action)
        return ""

    def _wait(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "error" and action.errors[index].error_type != "NoMatchingCondition":
            return ""
        events = action.parameters.get("Events")
        listed = [str(one) for one in events] if isinstance(events, list) else []
        if text_of(action.parameters.get("ContinueExecution")) == "True":
            listed.append("Continue")
        return outcomes(action, kind, index, ["WaitCompleted", *listed])

    def _message(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "condition":
            return "a prompt has no result"
        return never_raised(action, kind, index, {"NoMatchingCondition", "InputTimeLimitExceeded"})

    def _looped_prompts(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "error":
            return self._message(action, kind, index, values)
        raw = text_of(action.parameters.get("InterruptFrequencySeconds"))
        every = number(raw)
        if not find(raw) and (every is None or every <= 0):
            return "no interrupt is set: the prompts loop until an agent answers or the caller hangs up"
        if kind == "condition":
            return outcomes(action, kind, index, ["MessagesInterrupted"])
        met = any("MessagesInterrupted" in one.operands for one in action.conditions)
        return "the condition MessagesInterrupted is taken instead" if met else ""

    def _input(self, action: Action, kind: str, index: int, values: Values) -> str:
        given = action.parameters
        stored = text_of(given.get("StoreInput")).lower()
        validation = given.get("InputValidation")
        menu = stored == "false" or (stored != "true" and not validation)
        if "EnableDTMFBuffer" in given:
            return "switching the DTMF buffer has no result" if kind == "condition" else ""
        if menu:
            return self._menu(action, kind, index)
        if kind == "condition":
            return "stored input has no conditions"
        if kind == "error":
            name = action.errors[index].error_type
            if name == "InputTimeLimitExceeded":
                return "without input, stored input succeeds with the value Timeout"
            if name == "InvalidPhoneNumber":
                phone = isinstance(validation, dict) and "PhoneNumberValidation" in validation
                return "" if phone else "the input is not checked for being a telephone number"
            return never_raised(action, kind, index, {"NoMatchingCondition"})
        return ""

    def _menu(self, action: Action, kind: str, index: int) -> str:
        tests = tests_of(action.conditions)
        plain = len(tests) == len(action.conditions)
        taken = {key for key in _KEYS if plain and first(tests, key) is not None}
        if kind == "condition":
            if plain and not any(first(tests, key) == index for key in _KEYS):
                operand = tests[index][1]
                return shadowed(tests, index) or f"a menu takes one key, which is never {operand!r}"
            return ""
        if kind == "error":
            name = action.errors[index].error_type
            if name == "NoMatchingCondition" and taken == _KEYS:
                return "every key has a branch"
            return never_raised(action, kind, index, {"InvalidPhoneNumber"})
        return next_unmatched(action)

    def _lex(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "condition":
            tests = tests_of(action.conditions)
            return shadowed(tests, index) if len(tests) == len(action.conditions) else ""
        if kind == "error":
            return never_raised(action, kind, index, {"InvalidPhoneNumber"})
        if self._ground.policy.bot_without_intent_goes_on:
            return ""
        return next_unmatched(action)

    def _service(self, action: Action, kind: str, index: int, values: Values) -> str:
        tests = tests_of(action.conditions)
        plain = len(tests) == len(action.conditions)
        if kind == "condition" and plain:
            if action.behaviour == "distribute":
                shares = (number(one) for one in tries(tests))
                if any(
                    one is not None and 1 <= one <= 100 and first(tests, f"{one:g}") == index
                    for one in shares
                ):
                    return ""
                return shadowed(tests, index) or "no share of 100 is left for it"
            return shadowed(tests, index)
        if kind == "next" and action.type in _BRANCHING:
            return next_unmatched(action)
        return ""

    def _lambda(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "condition":
            return "a function's response is not a result to branch on"
        if kind == "error":
            asynchronous = text_of(action.parameters.get("InvocationType")).upper() == "ASYNCHRONOUS"
            if action.errors[index].error_type == "TimeLimitExceeded" and not asynchronous:
                return ""
            return error_only(action, kind, index, "NoMatchingError")
        return "" if any(one in action.parameters for one in ARN_KEYS) else "no function is named"

    def _to_queue(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "next":
            return "once the contact is queued the flow is over: its queue flow runs"
        if kind == "condition":
            return "a transfer to a queue has no result"
        if action.errors[index].error_type == "QueueAtCapacity":
            return ""
        return never_raised(action, kind, index, {"NoMatchingCondition"})

    def _dequeue(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "next":
            stays = self._ground.policy.moved_contact_stays_in_queue_flow
            if not stays or self._flow.type is not FlowType.CUSTOMER_QUEUE:
                return "the queue flow of the other queue runs instead"
        elif kind == "error" and action.errors[index].error_type != "QueueAtCapacity":
            return never_raised(action, kind, index, {"NoMatchingCondition"})
        return ""

    def _third_party(self, action: Action, kind: str, index: int, values: Values) -> str:
        if kind == "next" and text_of(action.parameters.get("ContinueFlowExecution")).lower() != "true":
            return "ContinueFlowExecution is False: the flow is over when the third party answers"
        if kind == "next" and "ThirdPartyPhoneNumber" not in action.parameters:
            return "no number is given"
        return never_raised(action, kind, index, {"NoMatchingCondition"}) if kind == "error" else ""

    def _module(self, action: Action, kind: str, index: int, values: Values) -> str:
        """Check a module's branch; its results are known if all of them are static."""
        results = module_results(self._ground, action)
        if kind == "condition":
            tests = tests_of(action.conditions)
            if len(tests) != len(action.conditions):
                return ""
            if results is not None and not any(one and first(tests, one) == index for one in results):
                given = ", ".join(sorted(repr(one) for one in results if one)) or "nothing"
                return f"the module never returns {tests[index][1]!r}; it returns {given}"
            return shadowed(tests, index)
        if kind == "next" and results is not None and action.conditions and None not in results:
            return "the module always returns a result, and results have branches"
        return ""


Judge = Callable[[Branches, Action, str, int, Values], str]

_BRANCHING = frozenset(
    type for type, one in DECLARED.items() if one.behaviour in ("branching", "distribute", "participating")
)

_BY_BEHAVIOUR: dict[str, Judge] = {
    "compare": Branches._compare,
    "loop-counter": Branches._loop,
    "hours": Branches._hours,
    "check-metrics": Branches._metric,
    "wait": Branches._wait,
    "message": Branches._message,
    "loop-prompts": Branches._looped_prompts,
    "input": Branches._input,
    "read-metrics": Branches._message,
    "lex": Branches._lex,
    "invoke-function": Branches._lambda,
    "to-queue": Branches._to_queue,
    "dequeue": Branches._dequeue,
    "third-party": Branches._third_party,
    "invoke-module": Branches._module,
}
