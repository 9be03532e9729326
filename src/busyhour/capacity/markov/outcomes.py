"""Outcomes of each effect with probability and mean duration; must mirror the draws in `calls`.

`calls.caller` and `calls.effects` draw one of these; an exact expectation weighs all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from busyhour.calls.behaviour import ANY, HANG_UP, OTHERWISE, SILENCE, Behaviour, any_digits, tokens
from busyhour.calls.policy import CallPolicy
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.durations import Lasting, fixed, least, uniform, whole
from busyhour.flows import protocol as p
from busyhour.flows.action_types import declared
from busyhour.flows.protocol import keypad
from busyhour.scenarios.model import Scenario

_KEYS = "1234567890*#"
MOST_VALUES = 2000
"""Largest number of values of one input: `####` is 10,000."""


class NotFiniteError(Exception):
    """The expectation cannot be solved for; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome of an effect: the event that the flow receives, after a mean of `seconds`.

    `demand` is its demand on services, by the names of `per_call.CallDemand.quantities`; `drawn` are the
    durations of which `seconds` is the mean, None for a constant.
    """

    share: float
    seconds: float
    event: p.Event
    demand: Mapping[str, float] = field(default_factory=dict)
    drawn: Lasting | None = None

    @property
    def lasting(self) -> Lasting:
        """The duration of the outcome as a distribution."""
        return fixed(self.seconds) if self.drawn is None else self.drawn


Place = tuple[str, str]
"""Flow and display name of the action that the call is at."""

_DONE = p.Done()
_HUNG_UP = p.HungUp()


class Outcomes:
    """Computes the outcomes of effects that depend on callers, services or time.

    Args:
        scenario: its callers. policy: caller behaviour that the scenario has no key for. opaque: whether
            inputs of this many random digits need not be distinguished.
    """

    def __init__(self, scenario: Scenario, policy: CallPolicy, opaque: Callable[[int], bool]) -> None:
        callers = scenario.callers
        self._behaviour = Behaviour(callers, scenario.seed, policy)
        self._policy = policy
        self._opaque = opaque
        self._callers = callers
        self._think = ProbabilityDistribution(callers.think)
        self._patience = ProbabilityDistribution(callers.patience).mean()
        self.talk = ProbabilityDistribution(callers.talk).mean()
        self.stand_ins: set[str] = set()
        """Inputs that each represent very many."""

    def of(self, effect: p.Effect, place: Place) -> list[Outcome] | None:
        """Return the outcomes of an effect; None if it does not depend on the caller, a service or time."""
        match effect:
            case p.Play():
                if effect.audience is p.Audience.AGENT:
                    return [Outcome(1.0, effect.seconds, _DONE)]
                if effect.buffered:
                    return self._after(effect.seconds, self._ahead(effect, place))
                return self._hear(effect.seconds)
            case p.Loop():
                if effect.seconds < math.inf:
                    return [Outcome(1.0, effect.seconds, _DONE)]
                return [Outcome(1.0, self._patience, _HUNG_UP, drawn=whole(self._callers.patience))]
            case p.Collect():
                outcomes = self._choose(effect, place) if effect.menu else self._type(effect, place)
                return self._after(effect.prompt_seconds, outcomes)
            case p.Converse():
                outcomes = self._after(effect.prompt_seconds, self._say(effect, place))
                return [replace(outcome, demand={"Lex turns": 1.0}) for outcome in outcomes]
            case p.Talk():
                ends = p.Done("agent") if self._policy.agent_ends else _HUNG_UP
                return [Outcome(1.0, self.talk, ends, drawn=whole(self._callers.talk))]
            case p.Dial():
                return [self._dial(effect)]
            case p.Pause() if effect.continues or effect.returned:
                raise NotFiniteError("the flow continues beside a wait, or waits for a function")
            case p.Pause():
                return [Outcome(1.0, effect.seconds, _DONE)]
            case p.Service():
                demand = {f"service:{effect.type}": 1.0}
                seconds = effect.person_seconds or self._policy.service_seconds
                return [
                    Outcome(share, seconds, p.Succeeded(branch=branch), demand)
                    for share, branch in self._branches(effect, place)
                ]
            case _:
                return None

    def _hear(self, seconds: float) -> list[Outcome]:
        return self._after(seconds, [Outcome(1.0, 0.0, _DONE)])

    def _after(self, seconds: float, outcomes: list[Outcome]) -> list[Outcome]:
        """Return the outcomes after a prompt, during which the caller may hang up."""
        rate = self._behaviour.hang_up_rate
        until_the_end = [
            replace(
                outcome,
                share=(1.0 - rate) * outcome.share,
                seconds=seconds + outcome.seconds,
                drawn=(*fixed(seconds), *outcome.lasting),
            )
            for outcome in outcomes
            if rate < 1.0
        ]
        if rate > 0.0:
            return [Outcome(rate, seconds / 2.0, _HUNG_UP, drawn=uniform(seconds)), *until_the_end]
        return until_the_end

    def _drawn(
        self, key: str | None, choices: tuple[str, ...], otherwise: str
    ) -> Iterator[tuple[float, str]]:
        menu = self._behaviour.menu(key, choices)
        if menu is None:
            yield 1.0, otherwise
            return
        last = 0.0
        for name, bound in zip(menu.names, menu.bounds, strict=True):
            yield bound - last, name
            last = bound

    def _choose(self, effect: p.Collect, place: Place) -> list[Outcome]:
        pause, drawn = self._pause(effect.timeout_seconds)
        outcomes = []
        key = self._behaviour.menu_key(place[0], effect.action, place[1])
        for share, choice in self._drawn(key, effect.choices, SILENCE):
            if choice == OTHERWISE:
                choice = next((one for one in _KEYS if one not in effect.choices), SILENCE)
            if choice == SILENCE:
                outcomes.append(Outcome(share, effect.timeout_seconds, p.Silence()))
            else:
                event = _HUNG_UP if choice == HANG_UP else p.Digits(choice)
                outcomes.append(Outcome(share, pause, event, drawn=drawn))
        return outcomes

    def _pause(self, timeout: float) -> tuple[float, Lasting]:
        """Return the seconds until the first key: mean and distribution."""
        bound = 0.95 * timeout
        return self._think.mean_of_least(bound), least(self._callers.think, bound)

    def _type(self, effect: p.Collect, place: Place) -> list[Outcome]:
        policy = self._policy
        values = self._behaviour.input_values(place[0], effect.action, place[1])
        patterns = values or (any_digits(max(1, min(effect.max_digits, policy.default_digits))),)
        pause, drawn = self._pause(effect.timeout_seconds)
        shares: dict[str, float] = {}
        for pattern in patterns:
            shares[pattern] = shares.get(pattern, 0.0) + 1.0 / len(patterns)
        outcomes = []
        for pattern, share in shares.items():
            if pattern == SILENCE or not pattern:
                outcomes.append(Outcome(share, effect.timeout_seconds, p.Silence()))
            elif pattern == HANG_UP:
                outcomes.append(Outcome(share, pause, _HUNG_UP, drawn=drawn))
            else:
                inputs = self._inputs(effect, tokens(pattern))
                for one in inputs:
                    keys = keypad.full(effect, one)
                    event, typing = keypad.pressed(effect, keys, 0.0, policy.key_seconds)
                    typed = (*drawn, *fixed(typing))
                    outcomes.append(Outcome(share / len(inputs), pause + typing, event, drawn=typed))
        return outcomes

    def _ahead(self, effect: p.Play, place: Place) -> list[Outcome]:
        """Return the keys pressed while a prompt plays, which the DTMF buffer keeps."""
        values = self._behaviour.input_values(place[0], effect.action, place[1]) or (SILENCE,)
        outcomes = []
        for value in values:
            share = 1.0 / len(values)
            if value in (SILENCE, HANG_UP):
                outcomes.append(Outcome(share, 0.0, _DONE if value == SILENCE else _HUNG_UP))
                continue
            entries = filled(tokens(value))
            outcomes += [
                Outcome(share / len(entries), 0.0, p.Done(keys=keypad.plain(one))) for one in entries
            ]
        return outcomes

    def _inputs(self, effect: p.Collect, keys: tuple[str, ...]) -> list[str]:
        plain = "".join(one or "5" for one in keys)
        entry = keypad.read(effect, plain)
        digits_end = effect.terminator.isdecimal()
        if entry.ended and not digits_end and not effect.buffered and keypad.PAUSE not in keys:
            # Keys after the end are lost.
            keys, plain = keys[: entry.used], plain[: entry.used]
        if 10 ** keys.count(ANY) > MOST_VALUES and not digits_end and self._opaque(len(entry.digits)):
            self.stand_ins.add(plain)
            return [plain]
        return filled(keys)

    def _say(self, effect: p.Converse, place: Place) -> list[Outcome]:
        seconds = self._think.mean() + self._policy.lex_turn_seconds
        drawn = (*whole(self._callers.think), *fixed(self._policy.lex_turn_seconds))
        key = self._behaviour.menu_key(place[0], effect.action, place[1])
        outcomes = []
        for share, choice in self._drawn(key, effect.intents, OTHERWISE):
            event: p.Event = p.LexResult("FallbackIntent" if choice == OTHERWISE else choice)
            if choice == HANG_UP:
                event = _HUNG_UP
            elif choice == SILENCE:
                event = p.Silence()
            outcomes.append(Outcome(share, seconds, event, drawn=drawn))
        return outcomes

    def _dial(self, effect: p.Dial) -> Outcome:
        ring = self._policy.dial_seconds
        if 0 < effect.timeout_seconds < ring:
            return Outcome(1.0, effect.timeout_seconds, p.Failed("ConnectionTimeLimitExceeded"))
        if not effect.resumes:
            return Outcome(1.0, ring, p.Connected())
        return Outcome(1.0, ring + self.talk, p.Connected(), drawn=(*fixed(ring), *whole(self._callers.talk)))

    def _branches(self, effect: p.Service, place: Place) -> list[tuple[float, str | None]]:
        if not effect.branches:
            return [(1.0, None)]
        if declared(effect.type).behaviour == "distribute":
            return _percentages(effect.branches)
        behaviour = self._behaviour
        key = behaviour.menu_key(place[0], effect.action, place[1])
        if key is None and "CallAnswered" in effect.branches:
            return [(1.0, "CallAnswered")]
        drawn = self._drawn(key, effect.branches, OTHERWISE)
        return [(share, choice if choice in effect.branches else None) for share, choice in drawn]


def _percentages(bounds: tuple[str, ...]) -> list[tuple[float, str | None]]:
    """Group the numbers from 1 to 100 that lie below the same bounds."""
    groups: dict[tuple[bool, ...], list[int]] = {}
    limits = [float(bound) for bound in bounds if bound.replace(".", "", 1).isdecimal()]
    for number in range(1, 101):
        groups.setdefault(tuple(number < limit for limit in limits), []).append(number)
    return [(len(numbers) / 100.0, str(numbers[0])) for numbers in groups.values()]


def filled(keys: tuple[str, ...]) -> list[str]:
    """Return every value of keys of which some are any digit.

    Raises:
        NotFiniteError: there are more than `MOST_VALUES`.
    """
    if 10 ** keys.count(ANY) > MOST_VALUES:
        pattern = "".join("#" if key is ANY else key for key in keys)
        raise NotFiniteError(f"{pattern!r} has more than {MOST_VALUES:,} values")
    parts = [("0123456789" if key is ANY else key) for key in keys]
    return ["".join(keys) for keys in product(*parts)]
