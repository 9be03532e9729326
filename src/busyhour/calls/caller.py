"""The caller: what one person does at each prompt, menu, bot and queue, drawn from the scenario.

`Caller` is call number i. Each kind of choice has its own
random stream, so call i presses the same keys and has the same patience and talk time under every clock,
however long it has to wait.
"""

from __future__ import annotations

from busyhour.calls.behaviour import ANY, HANG_UP, OTHERWISE, SILENCE, Behaviour, any_digits, tokens
from busyhour.calls.chance import Stream, key_of
from busyhour.flows.action_types import declared
from busyhour.flows.protocol import (
    Collect,
    Converse,
    Digits,
    Done,
    Event,
    HungUp,
    LexResult,
    Play,
    Service,
    Silence,
    keypad,
)
from busyhour.scenarios.traffic_plan.draw import Sampler

_KEYS = "1234567890*#"

Answer = tuple[float, Event]
"""Seconds until the caller reacts, and how."""

_HUNG_UP = HungUp()
_DONE = Done()
_SILENCE = Silence()

# Purposes of a call's random streams.
_IN_FLOW, _IN_QUEUE, _PATIENCE, _TALK, _WRAP_UP, _RING, _DIAL, _NUMBER, _FAILURE = range(1, 10)


class Caller:
    """One caller. Methods return the seconds until the caller reacts and the event of the reaction.

    Args:
        behaviour: the scenario's callers.
        index: number of the call.
    """

    __slots__ = ("_behaviour", "_chance", "_queue_chance", "index")

    def __init__(self, behaviour: Behaviour, index: int) -> None:
        self._behaviour = behaviour
        self.index = index
        self._chance = Stream(behaviour.seed, index, _IN_FLOW)
        self._queue_chance: Stream | None = None

    def enter_queue(self) -> None:
        """Switch to the random stream for choices in queues: how many prompts a queue plays depends on the wait."""
        if self._queue_chance is None:
            self._chance, self._queue_chance = (
                Stream(self._behaviour.seed, self.index, _IN_QUEUE),
                self._chance,
            )

    def leave_queue(self) -> None:
        """Switch back to the random stream for choices in the flow."""
        if self._queue_chance is not None:
            self._chance, self._queue_chance = self._queue_chance, None

    def number(self) -> str:
        """Return the caller's telephone number: origin of an inbound call, destination of an outbound one."""
        numbers = self._behaviour.numbers
        if not numbers:
            return ""
        stream = Stream(self._behaviour.seed, self.index, _NUMBER)
        return _fill(numbers[int(stream.random() * len(numbers))], stream)

    def patience(self) -> float:
        """Seconds that this caller waits in queues before abandoning."""
        return self._own(_PATIENCE, self._behaviour.patience)

    def talk(self) -> float:
        """Seconds of conversation."""
        return self._own(_TALK, self._behaviour.talk)

    def wrap_up(self) -> float:
        """Seconds that the agent needs after the conversation."""
        return self._own(_WRAP_UP, self._behaviour.wrap_up)

    def third_party_talk(self) -> float:
        """Seconds that the caller talks to a third party."""
        return self._own(_DIAL, self._behaviour.talk)

    def ring(self, timeout: float) -> tuple[float, bool]:
        """Outbound: seconds of ringing, and whether it is answered within `timeout`."""
        stream = Stream(self._behaviour.seed, self.index, _RING)
        if stream.random() >= self._behaviour.answered:
            return timeout, False
        seconds = self._behaviour.ring(stream)
        return (seconds, True) if seconds <= timeout else (timeout, False)

    def failure(self) -> str | None:
        """Outbound: return the DisconnectReason of a failed attempt with the policy's probability; usually None."""
        failures = self._behaviour.policy.failures
        if not failures:
            return None
        left = Stream(self._behaviour.seed, self.index, _FAILURE).random()
        for reason, share in failures.items():
            left -= share
            if left < 0.0:
                return reason
        return None

    def finds_open(self, place: str, share: float) -> bool:
        """Whether the hours of `place` are open for this call; repeated checks give the same answer."""
        if share >= 1.0:
            return True
        return Stream(self._behaviour.seed, self.index, key_of(place) + 100).random() < share

    def listen(self, seconds: float) -> Answer:
        """Listen to a prompt to its end, unless the caller hangs up here."""
        rate = self._behaviour.hang_up_rate
        if rate > 0.0 and self._chance.random() < rate:
            return seconds * self._chance.random(), _HUNG_UP
        return seconds, _DONE

    def press_ahead(self, effect: Play, flow: str = "", display: str = "") -> Answer:
        """Listen to a prompt, and press the keys that the scenario has for it: the DTMF buffer keeps them."""
        elapsed, reaction = self.listen(effect.seconds)
        values = self._behaviour.input_values(flow, effect.action, display)
        if reaction is not _DONE or not values:
            return elapsed, reaction
        value = values[int(self._chance.random() * len(values))] if len(values) > 1 else values[0]
        if value == HANG_UP:
            return elapsed, _HUNG_UP
        if value == SILENCE:
            return elapsed, _DONE
        return elapsed, Done(keys=keypad.plain(_fill(value, self._chance)))

    def enter(self, effect: Collect, flow: str = "", display: str = "") -> Answer:
        """Press keys.

        The first key comes after the prompt and a pause that is always within the timeout, so silence is exactly as
        frequent as the scenario configures.
        """
        elapsed, reaction = self.listen(effect.prompt_seconds)
        if reaction is not _DONE:
            return elapsed, reaction
        if effect.menu:
            return self._choose(effect, elapsed, flow, display)
        return self._type(effect, elapsed, flow, display)

    def converse(self, effect: Converse, flow: str = "", display: str = "") -> Answer:
        """Talk to a bot until it recognises an intent."""
        elapsed, reaction = self.listen(effect.prompt_seconds)
        if reaction is not _DONE:
            return elapsed, reaction
        behaviour = self._behaviour
        menu = behaviour.menu(behaviour.menu_key(flow, effect.action, display), effect.intents)
        choice = menu.draw(self._chance) if menu else OTHERWISE
        seconds = elapsed + behaviour.think(self._chance) + behaviour.policy.lex_turn_seconds
        if choice == HANG_UP:
            return seconds, _HUNG_UP
        if choice == SILENCE:
            return seconds, _SILENCE
        return seconds, LexResult("FallbackIntent" if choice == OTHERWISE else choice)

    def branch(self, effect: Service, flow: str = "", display: str = "") -> str | None:
        """Return the result of a step that branches on one; None for any other step.

        The entry of the scenario's `callers.menus` for the action applies first. Otherwise: the number for a
        distribution by percentage, an answered call for a call check, or any of the branches with equal
        probability.
        """
        if not effect.branches:
            return None
        if declared(effect.type).behaviour == "distribute":
            return str(1 + int(self._chance.random() * 100))
        behaviour = self._behaviour
        key = behaviour.menu_key(flow, effect.action, display)
        if key is None and "CallAnswered" in effect.branches:
            return "CallAnswered"
        menu = behaviour.menu(key, effect.branches)
        choice = menu.draw(self._chance) if menu else None
        return choice if choice in effect.branches else None

    def _choose(self, effect: Collect, elapsed: float, flow: str, display: str) -> Answer:
        behaviour = self._behaviour
        menu = behaviour.menu(behaviour.menu_key(flow, effect.action, display), effect.choices)
        choice = menu.draw(self._chance) if menu else SILENCE
        if choice == SILENCE:
            return elapsed + effect.timeout_seconds, _SILENCE
        seconds = elapsed + self._pause(effect.timeout_seconds)
        if choice == HANG_UP:
            return seconds, _HUNG_UP
        if choice == OTHERWISE:
            choice = next((key for key in _KEYS if key not in effect.choices), "")
            if not choice:
                return elapsed + effect.timeout_seconds, _SILENCE
        return seconds, Digits(choice)

    def _type(self, effect: Collect, elapsed: float, flow: str, display: str) -> Answer:
        behaviour = self._behaviour
        values = behaviour.input_values(flow, effect.action, display)
        if values:
            value = values[int(self._chance.random() * len(values))] if len(values) > 1 else values[0]
        else:
            value = any_digits(max(1, min(effect.max_digits, behaviour.policy.default_digits)))
        if value == SILENCE or not value:
            return elapsed + effect.timeout_seconds, _SILENCE
        if value == HANG_UP:
            return elapsed + self._pause(effect.timeout_seconds), _HUNG_UP
        keys = keypad.full(effect, _fill(value, self._chance))
        first = self._pause(effect.timeout_seconds)
        event, seconds = keypad.pressed(effect, keys, first, behaviour.policy.key_seconds)
        return elapsed + seconds, event

    def _pause(self, timeout: float) -> float:
        return min(self._behaviour.think(self._chance), 0.95 * timeout)

    def _own(self, purpose: int, draw: Sampler) -> float:
        return draw(Stream(self._behaviour.seed, self.index, purpose))


def _fill(pattern: str, stream: Stream) -> str:
    """Return `pattern` with a random digit for each `#`."""
    return "".join(str(int(stream.random() * 10)) if key is ANY else key for key in tokens(pattern))
