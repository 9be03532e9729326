"""The moments of a call at which something is drawn, and the steps from each to the next.

What callers are told apart by beyond their choices is their number. It is left open until something looks at it, a
flow's reference or a function; only then a moment becomes one for each number. Steps that did not look at it are the
same for all of them and are made once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, cast

from busyhour.calls.caller import Caller
from busyhour.calls.centre import CallCentre
from busyhour.calls.invoker import function_name
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import Functions
from busyhour.capacity.attempts import settled
from busyhour.capacity.beyond import asked_beyond
from busyhour.capacity.expectation import Law
from busyhour.capacity.forgetting import Forgetting
from busyhour.capacity.functions import HANDLER_LATENCY
from busyhour.capacity.theory import poisson_quantile
from busyhour.capacity.virtual import VirtualClock
from busyhour.capacity.ways import MOST_VALUES, NotFiniteError, Way, Ways, filled
from busyhour.flows import protocol as p
from busyhour.flows.call import Call
from busyhour.flows.contact import Contact
from busyhour.flows.fork import fork, key
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.references import find, walk
from busyhour.handlers.noting import Path as Read
from busyhour.handlers.noting import at
from busyhour.scenarios.model import Direction, Function, Scenario

END, WAITS = "end", "waits"
"""Targets of steps beside moments: the call is over; it depends on other calls from here on."""
TIMES = frozenset({"at once", "in flow", "in queue", "with agent", "wrap-up"})

Ask = Callable[[str, Mapping[str, Any]], "tuple[p.LambdaResult | p.LambdaFailed, frozenset[Read]] | None"]
"""(function, event) -> what its handler answers and what of the event it read; None: not known."""

_DATA = ("Details", "ContactData")
_NEVER = 1e-9
"""Probability that counts as never: of finding all agents busy."""
MOST_STEPS = 200_000
"""Steps of calls after which it would take too long: each is some 30 µs of machine."""
_SLACK_SECONDS = 60.0
"""Whispers and the like, on top of talk and wrap-up, while an agent is occupied."""


class MoreReadError(Exception):
    """A function reads contact attributes that were to be forgotten; None: all of them."""

    def __init__(self, names: frozenset[str] | None) -> None:
        super().__init__()
        self.names = names


class Phase(IntEnum):
    """Where a call's seconds count."""

    NEW = 0
    FLOW = 1
    AGENT = 2
    AFTER = 3
    """In a flow after the conversation."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A call that waits for something to be drawn. `call` is never changed: steps go on with copies."""

    call: Call
    phase: Phase
    hours: frozenset[tuple[str, bool]]
    """Which hours this caller is known to have found open or closed."""
    number: int | None
    """Which of the callers' numbers it is; None: nothing has looked at it yet."""
    alike: Hashable
    """Equal for moments that differ in the number at most."""

    @property
    def key(self) -> Hashable:
        """Equal for moments that are one state."""
        return self.alike, self.number


@dataclass(frozen=True, slots=True)
class Step:
    """From a moment to the next (or `END`, `WAITS`), and what is asked on the way, in the mean."""

    share: float
    asked: Mapping[str, float]
    target: Moment | str


class _Watched(Contact):
    """A contact that counts how often somebody looks at the customer's number."""

    __slots__ = ("looks",)

    looks: list[None]

    def customer(self) -> dict[str, str] | None:
        self.looks.append(None)
        return super().customer()


class _Asker:
    """Stands for the caller where hours are checked: hears which are meant, and how often they are open."""

    place: str | None = None
    share = 1.0

    def finds_open(self, place: str, share: float) -> bool:
        self.place, self.share = place, share
        return True


class Moments:
    """The moments of the calls of a scenario.

    Args:
        scenario: callers, queues, functions, entry flow.
        machine: of the scenario's flows; nobody may observe it.
        calls_per_hour: the rate at which calls come: enough agents for it never keep anybody waiting.
        policy: what the scenario has no key for.
        ask: what real handlers answer.
        attributes: contact attributes that functions read; None: all of them.
    """

    def __init__(
        self,
        scenario: Scenario,
        machine: Machine,
        *,
        calls_per_hour: float,
        policy: CallPolicy,
        ask: Ask | None = None,
        attributes: frozenset[str] | None = frozenset(),
    ) -> None:
        self._scenario = scenario
        self._machine = machine
        self._policy = policy
        self._ask = ask
        self._attributes = attributes
        self._centre = CallCentre(VirtualClock(), machine, scenario, cast("Functions", None), policy=policy)
        self._ways = Ways(scenario, policy, opaque=lambda length: _are_opaque(machine.library, length))
        self._forgetting = Forgetting(machine.library, attributes)
        self._displays: dict[tuple[str, str], str] = {}
        self._outbound = scenario.traffic.direction is Direction.OUTBOUND
        wrap_up = Law(scenario.callers.wrap_up).mean()
        self._wrap_up = wrap_up
        self._load = calls_per_hour / 3600.0 * (self._ways.talk + wrap_up + _SLACK_SECONDS)
        patterns = scenario.callers.numbers or ("",)
        self._patterns = patterns
        self._contacts: dict[int | None, _Watched] = {None: self._contact(patterns[0].replace("#", "5"))}
        self._shares: list[float] | None = None
        self._looked = False
        self._made = 0
        self._steps: dict[Hashable, list[Step]] = {}
        self.open: set[str] = set()
        """What calls may ask where they depend on others."""
        self.reasons: dict[str, None] = {}
        """What it is there that they depend on."""
        call = machine.call(scenario.flows.entry, self._contacts[None])
        self.first = Moment(call, Phase.NEW, frozenset(), None, "new")

    def steps(self, moment: Moment) -> list[Step]:
        """The steps on from a moment; those with one target are one.

        Raises:
            NotFiniteError: there are too many.
            MoreReadError: a function reads what was forgotten.
        """
        known = self._steps.get(moment.alike)
        if known is None:
            before, self._looked = self._looked, False
            found = self._through_functions(self._taken(moment))
            looked, self._looked = self._looked, self._looked or before
            if not looked:
                known = self._steps[moment.alike] = found
            elif moment.number is None:
                return self._for_each_number(moment, found)
            else:
                return found
        return [_with_number(step, moment.number) for step in known]

    def _through_functions(self, steps: list[Step]) -> list[Step]:
        """Go on through functions that are invoked: what they answer hardly ever differs, so they are no states.

        A thousand inputs that a function is asked about become as many steps, and then the few that its answers are.
        """
        found: dict[Hashable, Step] = {}
        for step in steps:
            target = step.target
            if isinstance(target, Moment) and isinstance(target.call.pending, p.Invoke):
                following = [_after(step, one) for one in self.steps(target)]
            else:
                following = [step]
            for one in following:
                place = one.target if isinstance(one.target, str) else one.target.key
                found[place] = _together(found[place], one) if place in found else one
        return list(found.values())

    # ------------------------------------------------------------------------------------- callers' numbers

    def _contact(self, number: str) -> _Watched:
        method = "API" if self._outbound else "INBOUND"
        made = _Watched(initiation_method=method, customer_endpoint=number or None)
        object.__setattr__(made, "looks", [])
        return made

    def _for_each_number(self, moment: Moment, found: list[Step]) -> list[Step]:
        if self._shares is None:
            if sum(10.0 ** pattern.count("#") for pattern in self._patterns) > MOST_VALUES:
                raise NotFiniteError(
                    f"callers have more than {MOST_VALUES:,} numbers, and flows or functions look at them"
                )
            shares: dict[str, float] = {}
            for pattern in self._patterns:
                values = filled(pattern)
                for value in values:
                    shares[value] = shares.get(value, 0.0) + 1.0 / len(self._patterns) / len(values)
            self._shares = list(shares.values())
            self._contacts |= {index: self._contact(number) for index, number in enumerate(shares)}
        if len(self._shares) == 1:
            return found
        return [
            replace(step, share=share * step.share)
            for number, share in enumerate(self._shares)
            for step in self._through_functions(self._taken(replace(moment, number=number)))
        ]

    # ------------------------------------------------------------------------------------------------ steps

    def _taken(self, moment: Moment) -> list[Step]:
        if moment.phase is Phase.NEW:
            return self._begun(moment)
        effect = moment.call.pending
        match effect:
            case p.Invoke():
                return [self._go(moment, way) for way in self._invoke(moment, effect)]
            case p.CheckHours():
                return self._check_hours(moment, effect)
            case p.ReadMetrics():
                return [self._depends(moment, "metrics of queues are read")]
            case p.Enqueue():
                return [self._enqueue(moment, effect)]
            case _:
                assert effect is not None
                place = (
                    moment.call.flow_name,
                    self._display(moment.call.flow_name, moment.call.current_action),
                )
                ways = self._ways.of(effect, place)
                assert ways is not None, effect
                return [self._go(moment, way) for way in ways]

    def _begun(self, moment: Moment) -> list[Step]:
        """Inbound calls begin at once, outbound ones ring first, as `calls.caller.Caller.ring` has it."""
        if not self._outbound:
            return [self._started(moment, 1.0, {})]
        callers, timeout = self._scenario.callers, self._policy.ring_timeout
        ring = Law(callers.answer)
        answered = callers.answered * ring.below(timeout)
        asked = {"Connect:StartOutboundVoiceContact": 1.0}
        steps = []
        if answered > 0.0:
            seconds = ring.up_to(timeout) / ring.below(timeout)
            steps.append(self._started(moment, answered, {**asked, "ringing": seconds, "at once": seconds}))
        if answered < 1.0:
            rings = {**asked, "ringing": timeout, "at once": timeout}
            steps.append(Step(1.0 - answered, rings, END))
        return steps

    def _started(self, moment: Moment, share: float, asked: Mapping[str, float]) -> Step:
        call = self._machine.call(self._scenario.flows.entry, self._contacts[moment.number])
        call.contact.looks.clear()  # type: ignore[attr-defined]  # it is a _Watched
        effect = call.start()
        return Step(share, asked, self._arrived(moment, call, effect, Phase.FLOW, moment.hours))

    def _go(self, moment: Moment, way: Way, *, hours: frozenset[tuple[str, bool]] | None = None) -> Step:
        """The step that a way is."""
        call = self._copy(moment)
        effect = call.send(way.event)
        talked = isinstance(moment.call.pending, p.Talk)
        where = "with agent" if moment.phase is Phase.AGENT else "in flow"
        asked = dict(way.asked)
        if way.seconds:
            asked |= {where: way.seconds, "at once": way.seconds}
        phase = Phase.AFTER if talked else moment.phase
        known = moment.hours if hours is None else hours
        return Step(way.share, asked, self._arrived(moment, call, effect, phase, known))

    def _copy(self, moment: Moment) -> Call:
        self._made += 1
        if self._made > MOST_STEPS:
            raise NotFiniteError(f"calls have more than {MOST_STEPS:,} ways to go")
        call = fork(moment.call)
        contact = self._contacts[moment.number]
        contact.looks.clear()
        call.contact = contact
        return call

    def _arrived(
        self, moment: Moment, call: Call, effect: p.Effect, phase: Phase, hours: frozenset[tuple[str, bool]]
    ) -> Moment | str:
        # The event of an invocation has the number in any case; that alone is no look at it.
        looks = len(call.contact.looks) - isinstance(effect, p.Invoke)  # type: ignore[attr-defined]  # as above
        self._looked |= looks > 0
        if isinstance(effect, p.Ended):
            return END
        self._forgetting.forget(call)
        return Moment(call, phase, hours, moment.number, (key(call), phase, hours))

    def _depends(self, moment: Moment, why: str) -> Step:
        self.open |= TIMES | asked_beyond(moment.call, self._machine.library)
        self.reasons[why] = None
        return Step(1.0, {}, WAITS)

    # -------------------------------------------------------------------------------------- who answers what

    def _check_hours(self, moment: Moment, effect: p.CheckHours) -> list[Step]:
        asker = _Asker()
        self._centre.is_open(cast("Caller", asker), effect)
        place, share = asker.place, min(max(asker.share, 0.0), 1.0)
        known = dict(moment.hours).get(place) if place is not None else True
        if known is not None:
            share = 1.0 if known else 0.0
        steps = []
        for open_, part in ((True, share), (False, 1.0 - share)):
            if part > 0.0:
                hours = moment.hours if known is not None else moment.hours | {(cast("str", place), open_)}
                steps.append(self._go(moment, Way(part, 0.0, p.Hours(open_)), hours=hours))
        return steps

    def _enqueue(self, moment: Moment, effect: p.Enqueue) -> Step:
        if effect.agent:
            return self._depends(moment, "calls wait for one agent")
        if not effect.queue:
            return self._go(moment, Way(1.0, 0.0, p.Failed(detail="no queue is set")))
        queue = self._centre.queue(effect.queue)
        if moment.phase is not Phase.FLOW:
            return self._depends(moment, f"calls come to queue {queue.name!r} a second time")
        staffed = self._scenario.queues.get(queue.name)
        if staffed is not None and staffed.agents < poisson_quantile(self._load, 1.0 - _NEVER):
            return self._depends(moment, f"calls may wait in queue {queue.name!r}")
        call = self._copy(moment)
        after = call.send(p.Queued(queue.name, queue.arn))
        if not isinstance(after, p.Ended):
            agent = f"{queue.name}-agent-0"
            after = call.send(p.AgentAnswered(agent, agent))
        asked = {"wrap-up": self._wrap_up} if self._wrap_up else {}
        return Step(1.0, asked, self._arrived(moment, call, after, Phase.AGENT, moment.hours))

    def _invoke(self, moment: Moment, effect: p.Invoke) -> list[Way]:
        name = function_name(effect.function_arn)
        function = self._scenario.functions.get(name) or Function(name)
        rules = self._machine.policy
        if moment.call.lambda_seconds > rules.lambda_chain_seconds - rules.lambda_limit_seconds:
            raise NotFiniteError("functions in a row come near the limit of 20 s, which depends on the clock")
        if function.reserved_concurrency is not None:
            raise NotFiniteError(f"function {name!r} may be throttled at its reserved concurrency")
        if function.cold_start is not None:
            self.open |= TIMES
            self.reasons[f"cold starts of function {name!r} depend on how many calls there are"] = None
        answer, error_share = self._answer(name, function, moment, effect)
        latency = Law(function.latency or HANDLER_LATENCY)
        retry = self._policy.retry
        limit = retry.asynchronous_limit if effect.asynchronous else effect.timeout_seconds
        ways = []
        for end in settled(latency, error_share, function.timeout, limit, retry):
            asked = {f"invocations:{name}": end.attempts, "Lambda invocations": end.attempts}
            for operation, count in function.operations.items():
                asked[f"DynamoDB:{operation}"] = end.attempts * count
            event: p.Event = p.LambdaFailed("function_error", "", end.seconds)
            if end.succeeded:
                event = replace(answer, seconds=end.seconds)
            ways.append(Way(end.share, end.seconds, event, asked))
        if not effect.asynchronous:
            return ways
        # The flow goes on at once, whatever becomes of it.
        total: dict[str, float] = {}
        for way in ways:
            for quantity, amount in way.asked.items():
                total[quantity] = total.get(quantity, 0.0) + way.share * amount
        return [Way(1.0, 0.0, p.LambdaResult({}), total)]

    def _answer(
        self, name: str, function: Function, moment: Moment, effect: p.Invoke
    ) -> tuple[p.LambdaResult, float]:
        """What the function answers, and the probability that it fails."""
        modelled = p.LambdaResult(dict(function.response))
        if self._ask is None or function.handler is None:
            return modelled, function.error_share
        number = self._contacts[moment.number]
        details = effect.event["Details"]
        data = {**details["ContactData"], "CustomerEndpoint": Contact.customer(number)}
        event = {**effect.event, "Details": {**details, "ContactData": data}}
        asked = self._ask(name, event)
        if asked is None:
            return modelled, function.error_share
        answer, read = asked
        self._note(name, event, read, number.customer_endpoint)
        if isinstance(answer, p.LambdaFailed):
            return modelled, 1.0
        return answer, function.error_share

    def _note(self, name: str, event: Mapping[str, Any], read: frozenset[Read], number: str | None) -> None:
        """What a handler looked at may not be forgotten, and makes a difference."""
        for path in read:
            text = json.dumps(at(event, path), default=str)
            self._looked |= bool(number) and str(number) in text
            if any(one in text for one in self._ways.stand_ins):
                raise NotFiniteError(f"function {name!r} is told which of too many different inputs it was")
        whole, names = _attributes_in(read)
        if self._attributes is not None and (whole or not names <= self._attributes):
            raise MoreReadError(None if whole else self._attributes | names)

    def _display(self, flow: str, action: str) -> str:
        found = self._displays.get((flow, action))
        if found is None:
            known = self._machine.library.resolve(flow)
            named = known.by_identifier().get(action) if known else None
            found = self._displays[flow, action] = (named.display_name if named else "") or action
        return found


def _with_number(step: Step, number: int | None) -> Step:
    target = step.target
    if isinstance(target, str) or target.number == number:
        return step
    return replace(step, target=replace(target, number=number))


def _after(first: Step, second: Step) -> Step:
    """Both steps in one."""
    asked = dict(first.asked)
    for name, amount in second.asked.items():
        asked[name] = asked.get(name, 0.0) + amount
    return Step(first.share * second.share, asked, second.target)


def _together(one: Step, other: Step) -> Step:
    """One step for two with the same target; what is asked is the mean."""
    share = one.share + other.share
    if share <= 0.0:
        return one
    asked = {
        name: (one.share * one.asked.get(name, 0.0) + other.share * other.asked.get(name, 0.0)) / share
        for name in {**one.asked, **other.asked}
    }
    return Step(share, asked, one.target)


def _attributes_in(read: frozenset[Read]) -> tuple[bool, frozenset[str]]:
    """Whether all contact attributes were read, and which by name."""
    store = (*_DATA, "Attributes")
    whole = any(path == store[: len(path)] for path in read)
    return whole, frozenset(
        path[len(store)] for path in read if path[: len(store)] == store and len(path) > 3
    )


def _are_opaque(library: FlowLibrary, length: int) -> bool:
    """Whether no condition of any flow tells inputs of so many random digits apart."""
    told = {"StoredCustomerInput", "Attributes", "FlowAttributes", "Modules"}
    for flow in library:
        for action in flow.actions:
            if not any(reference.root in told for _, reference in walk(dict(action.parameters))):
                continue
            for one in action.conditions:
                met = any(find(text) or (text.isdecimal() and len(text) == length) for text in one.operands)
                if one.operator != "Equals" or met:
                    return False
    return True
