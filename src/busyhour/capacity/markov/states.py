"""States of the calls of a scenario, and the transitions between them.

Callers differ by their choices and their number. The number stays symbolic until a flow's reference or a
function reads it; only then a state is split into one for each number. Transitions that did not read it are
the same for all numbers and are computed once.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import cast

from busyhour.calls.caller import Caller
from busyhour.calls.centre import CallCentre
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import Functions
from busyhour.capacity.markov.invocations import Ask, Invocations
from busyhour.capacity.markov.lazy_number import Numbers
from busyhour.capacity.markov.liveness import StateReducer, are_opaque
from busyhour.capacity.markov.outcomes import NotFiniteError, Outcome, Outcomes
from busyhour.capacity.markov.reachable_demand import reachable_demand
from busyhour.capacity.markov.state import (
    CONTACTS,
    END,
    HANDLING,
    TIMES,
    UNTIMED,
    WAITS,
    Phase,
    State,
    Transition,
    after,
    together,
    with_number,
)
from busyhour.capacity.simulation.clock import VirtualClock
from busyhour.capacity.theory import durations
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.flows import protocol as p
from busyhour.flows.call import Call
from busyhour.flows.fork import fork, key
from busyhour.flows.machine import Machine
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import Direction

MOST_STEPS = 200_000
"""Largest number of transitions; one takes about 30 µs."""


class _Asker:
    """Caller of the chain where opening hours are checked.

    Records which hours, and how often they are open.
    """

    place: str | None = None
    share = 1.0

    def finds_open(self, place: str, share: float) -> bool:
        self.place, self.share = place, share
        return True


class States:
    """The states of the calls of a scenario.

    Args:
        scenario: callers, queues, functions, entry flow. machine: flow machine of the scenario's flows,
            without an observer. answered_at_once: assume that calls in a queue find an agent free; otherwise
            the chain ends there. policy: caller behaviour that the scenario has no key for. ask: answers of
            real handlers. attributes: contact attributes that functions read; None: all of them.
    """

    def __init__(
        self,
        scenario: Scenario,
        machine: Machine,
        *,
        answered_at_once: bool = True,
        policy: CallPolicy,
        ask: Ask | None = None,
        attributes: frozenset[str] | None = frozenset(),
    ) -> None:
        self._scenario = scenario
        self._machine = machine
        self._policy = policy
        self._centre = CallCentre(VirtualClock(), machine, scenario, cast("Functions", None), policy=policy)
        self._outcomes = Outcomes(scenario, policy, opaque=lambda length: are_opaque(machine.library, length))
        self._forgetting = StateReducer(machine.library, attributes)
        self._displays: dict[tuple[str, str], str] = {}
        self._outbound = scenario.traffic.direction is Direction.OUTBOUND
        self._wrap_up = ProbabilityDistribution(scenario.callers.wrap_up).mean()
        self._answered_at_once = answered_at_once
        self._numbers = Numbers(scenario.callers.numbers, "API" if self._outbound else "INBOUND")
        self._invocations = Invocations(
            scenario,
            machine.policy,
            policy.retry,
            ask,
            attributes,
            self._numbers,
            self._outcomes.stand_ins,
            self._untimed,
        )
        self._made = 0
        self._steps: dict[Hashable, list[Transition]] = {}
        self.open: set[str] = set()
        """Quantities that may grow where calls depend on others."""
        self.reasons: dict[str, None] = {}
        """Why calls depend on others there."""
        self.beyond: dict[str, set[str]] = {}
        """Quantities that may grow once calls wait, by the scenario's queue."""
        call = machine.call(scenario.flows.entry, self._numbers.contact(None))
        self.first = State(call, Phase.NEW, frozenset(), None, "new")

    def steps(self, state: State) -> list[Transition]:
        """Return the transitions out of a state; those with one target are merged.

        Raises:
            NotFiniteError: there are too many.
            MoreReadError: a function reads what was dropped.
        """
        known = self._steps.get(state.alike)
        if known is None:
            numbers = self._numbers
            before, numbers.looked = numbers.looked, False
            found = self._through_functions(self._taken(state))
            looked, numbers.looked = numbers.looked, numbers.looked or before
            if not looked:
                known = self._steps[state.alike] = found
            elif state.number is None:
                return self._for_each_number(state, found)
            else:
                return found
        return [with_number(step, state.number) for step in known]

    def _through_functions(self, steps: list[Transition]) -> list[Transition]:
        """Continue through invocations of functions, which are not states of their own.

        Their answers hardly ever differ: a thousand inputs become a thousand transitions, which merge to the
        few different answers.
        """
        found: dict[Hashable, Transition] = {}
        for step in steps:
            target = step.target
            if isinstance(target, State) and isinstance(target.call.pending, p.Invoke):
                following = [after(step, one) for one in self.steps(target)]
            else:
                following = [step]
            for one in following:
                place = one.target if isinstance(one.target, str) else one.target.key
                found[place] = together(found[place], one) if place in found else one
        return list(found.values())

    def _for_each_number(self, state: State, found: list[Transition]) -> list[Transition]:
        shares = self._numbers.shares()
        if len(shares) == 1:
            return found
        return [
            replace(step, share=share * step.share)
            for number, share in enumerate(shares)
            for step in self._through_functions(self._taken(replace(state, number=number)))
        ]

    def _taken(self, state: State) -> list[Transition]:
        if state.phase is Phase.NEW:
            return self._begun(state)
        effect = state.call.pending
        match effect:
            case p.Invoke():
                contact = self._numbers.contact(state.number)
                outcomes = self._invocations.outcomes(effect, state.call.lambda_seconds, contact)
                return [self._go(state, outcome) for outcome in outcomes]
            case p.CheckHours():
                return self._check_hours(state, effect)
            case p.ReadMetrics():
                return [self._depends(state, "metrics of queues are read")]
            case p.Enqueue():
                return [self._enqueue(state, effect)]
            case _:
                assert effect is not None
                place = (
                    state.call.flow_name,
                    self._display(state.call.flow_name, state.call.current_action),
                )
                ways_on = self._outcomes.of(effect, place)
                assert ways_on is not None, effect
                return [self._go(state, outcome) for outcome in ways_on]

    def _begun(self, state: State) -> list[Transition]:
        """Start the call.

        Inbound calls at once, outbound ones after ringing, as in `calls.caller.Caller.ring`.
        """
        if not self._outbound:
            return [self._started(state, 1.0, {}, ())]
        callers, timeout = self._scenario.callers, self._policy.ring_timeout
        ring = ProbabilityDistribution(callers.answer)
        answered = callers.answered * ring.below(timeout)
        demand = {"Connect:StartOutboundVoiceContact": 1.0}
        steps = []
        if answered > 0.0:
            seconds = ring.up_to(timeout) / ring.below(timeout)
            rings = {**demand, "ringing": seconds, "at once": seconds}
            steps.append(self._started(state, answered, rings, durations.until(callers.answer, timeout)))
        if answered < 1.0:
            rings = {**demand, "ringing": timeout, "at once": timeout}
            steps.append(Transition(1.0 - answered, rings, END, {durations.fixed(timeout): 1.0}))
        return steps

    def _started(
        self, state: State, share: float, demand: Mapping[str, float], lasting: durations.Lasting
    ) -> Transition:
        call = self._machine.call(self._scenario.flows.entry, self._numbers.contact(state.number))
        effect = call.start()
        target = self._arrived(state, call, effect, Phase.FLOW, state.hours)
        return Transition(share, demand, target, {lasting: 1.0})

    def _go(
        self, state: State, outcome: Outcome, *, hours: frozenset[tuple[str, bool]] | None = None
    ) -> Transition:
        """Convert an outcome to a transition."""
        call = self._copy(state)
        effect = call.send(outcome.event)
        talked = isinstance(state.call.pending, p.Talk)
        where = "with agent" if state.phase is Phase.AGENT else "in flow"
        demand = dict(outcome.demand)
        if outcome.seconds:
            demand |= {where: outcome.seconds, "at once": outcome.seconds}
            if state.phase is Phase.AGENT:
                demand[HANDLING + state.queue] = outcome.seconds
        phase = Phase.AFTER if talked else state.phase
        known = state.hours if hours is None else hours
        queue = state.queue if phase is Phase.AGENT else ""
        target = self._arrived(state, call, effect, phase, known, queue)
        return Transition(outcome.share, demand, target, {outcome.lasting: 1.0})

    def _copy(self, state: State) -> Call:
        self._made += 1
        if self._made > MOST_STEPS:
            raise NotFiniteError(f"calls have more than {MOST_STEPS:,} transitions")
        call = fork(state.call)
        call.contact = self._numbers.contact(state.number)
        return call

    def _arrived(
        self,
        state: State,
        call: Call,
        effect: p.Effect,
        phase: Phase,
        hours: frozenset[tuple[str, bool]],
        queue: str = "",
    ) -> State | str:
        self._numbers.note(call.contact, effect)
        if isinstance(effect, p.Ended):
            return END
        self._forgetting.forget(call)
        return State(call, phase, hours, state.number, (key(call), phase, hours, queue), queue)

    def _untimed(self, why: str) -> None:
        self.open |= UNTIMED
        self.reasons[why] = None

    def _depends(self, state: State, why: str) -> Transition:
        self.open |= TIMES | reachable_demand(state.call, self._machine.library)
        self.reasons[why] = None
        return Transition(1.0, {}, WAITS)

    def _check_hours(self, state: State, effect: p.CheckHours) -> list[Transition]:
        asker = _Asker()
        self._centre.is_open(cast("Caller", asker), effect)
        place, share = asker.place, min(max(asker.share, 0.0), 1.0)
        known = dict(state.hours).get(place) if place is not None else True
        if known is not None:
            share = 1.0 if known else 0.0
        steps = []
        for open_, part in ((True, share), (False, 1.0 - share)):
            if part > 0.0:
                hours = state.hours if known is not None else state.hours | {(cast("str", place), open_)}
                steps.append(self._go(state, Outcome(part, 0.0, p.Hours(open_)), hours=hours))
        return steps

    def _enqueue(self, state: State, effect: p.Enqueue) -> Transition:
        if effect.agent:
            return self._depends(state, "calls wait for one agent")
        if not effect.queue:
            return self._go(state, Outcome(1.0, 0.0, p.Failed(detail="no queue is set")))
        queue = self._centre.queue(effect.queue)
        if state.phase is not Phase.FLOW:
            return self._depends(state, f"calls come to queue {queue.name!r} a second time")
        staffed = self._scenario.queues.get(queue.name)
        demand = {CONTACTS + queue.name: 1.0}
        if staffed is not None:
            if not self._answered_at_once:
                step = self._depends(state, f"calls may wait in queue {queue.name!r}")
                return replace(step, demand=demand)
            beyond = reachable_demand(state.call, self._machine.library)
            self.beyond.setdefault(queue.name, set()).update(beyond)
        if self._wrap_up:
            demand |= {"wrap-up": self._wrap_up, HANDLING + queue.name: self._wrap_up}
        call = self._copy(state)
        then = call.send(p.Queued(queue.name, queue.arn))
        if not isinstance(then, p.Ended):
            agent = f"{queue.name}-agent-0"
            then = call.send(p.AgentAnswered(agent, agent))
        target = self._arrived(state, call, then, Phase.AGENT, state.hours, queue.name)
        return Transition(1.0, demand, target)

    def _display(self, flow: str, action: str) -> str:
        found = self._displays.get((flow, action))
        if found is None:
            known = self._machine.library.resolve(flow)
            named = known.by_identifier().get(action) if known else None
            found = self._displays[flow, action] = (named.display_name if named else "") or action
        return found
