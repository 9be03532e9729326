"""Conversations with bots: admitted by Lex's quotas, measured, delayed by faults.

Facts: Lex V2 Developer Guide, "Quotas" (concurrent conversations in text and in voice mode, session operations,
two for the test alias) and "Monitoring with CloudWatch". AWS does not publish how long a bot takes to respond.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from busyhour.calls.live import LiveCall
from busyhour.calls.ports import Clock
from busyhour.emulator.account import EmulatorState
from busyhour.emulator.cloudwatch.store import Dimensions, dimensions
from busyhour.emulator.faults.requests import Fault, Faults, UnreachableError
from busyhour.emulator.messages import ApiError
from busyhour.flows.protocol import Converse

NAMESPACE = "AWS/Lex"
TEXT = "lex.concurrent-text-conversations"
VOICE = "lex.concurrent-voice-conversations-start-conversation"
SESSIONS = "lex.concurrent-session-operations"
TEST_ALIAS_QUOTA = "lex.concurrent-test-bot-alias-conversations"
TEST_ALIAS = "TSTALIASID"
"""Id of TestBotAlias, the same for every bot."""
ANSWER_SECONDS = 0.25
"""Seconds of a bot's response over the API; the emulator's own assumption."""


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot of a conversation."""

    id: str
    alias: str
    locale: str = "en_US"


@dataclass(frozen=True, slots=True)
class Slot:
    """An admitted conversation."""

    quota: str
    mode: str
    bot: Bot
    operation: str
    began: float


class LexModel:
    """All conversations of the account. A `calls.ports.Bots`.

    Args:
        state: limits, metrics, time.
        clock: ends turns.
        faults: faults of conversations in flows; those over HTTP are handled before.
    """

    def __init__(self, state: EmulatorState, clock: Clock, faults: Faults) -> None:
        self._state = state
        self._clock = clock
        self._faults = faults

    def turn(self, call: LiveCall, effect: Converse, seconds: float) -> float | None:
        """Begin a turn of a call in a flow; voice is a StartConversation, any other channel text."""
        bot = bot_of(effect.bot)
        mode, operation = (
            ("Speech", "StartConversation") if call.channel == "VOICE" else ("Text", "RecognizeText")
        )
        more, fault = 0.0, self._fault(operation, bot)
        if fault is not None:
            more = fault.latency_seconds
            try:
                self._faults.strike(fault, "lex")
            except (ApiError, UnreachableError):
                return None
        slot = self.begin(bot, operation, VOICE if mode == "Speech" else TEXT, mode)
        if slot is None:
            return None
        self._clock.call_later(seconds + more, lambda: self.end(slot))
        return more

    def begin(self, bot: Bot, operation: str, quota: str, mode: str = "Text") -> Slot | None:
        """Admit a conversation; return None, and count it, above the limit."""
        limits, at = self._state.limits, self._state.time()
        quota = TEST_ALIAS_QUOTA if bot.alias == TEST_ALIAS else quota
        self._count("RuntimeRequestCount", bot, operation, mode, 1.0)
        if not limits.acquire(quota, mode):
            self._count("RuntimeThrottledEvents", bot, operation, mode, 1.0)
            return None
        where = _dimensions(bot, operation, mode)
        self._state.metrics.gauge(NAMESPACE, "RuntimeConcurrency", where, limits.in_use(quota, mode), at)
        return Slot(quota, mode, bot, operation, at)

    def end(self, slot: Slot) -> None:
        """End the conversation, or its turn."""
        self._state.limits.release(slot.quota, slot.mode)
        seconds = self._state.time() - slot.began
        # The name is AWS's, misspelt as it is.
        self._count("RuntimeSucessfulRequestLatency", slot.bot, slot.operation, slot.mode, seconds * 1000)

    def later(self, slot: Slot, seconds: float, done: Callable[[], None]) -> None:
        """End the conversation in `seconds`, then call `done`."""

        def over() -> None:
            self.end(slot)
            done()

        self._clock.call_later(seconds, over)

    def _fault(self, operation: str, bot: Bot) -> Fault | None:
        return self._faults.of("lex", operation, (bot.id,)) if self._faults else None

    def _count(self, name: str, bot: Bot, operation: str, mode: str, value: float) -> None:
        where = _dimensions(bot, operation, mode)
        self._state.metrics.count(NAMESPACE, name, where, value, self._state.time())


def bot_of(reference: str) -> Bot:
    """Return the bot that a flow names: by the ARN of an alias (Lex V2), or by name (Lex classic)."""
    kind, _, rest = reference.rpartition(":")[2].partition("/")
    if kind == "bot-alias" and "/" in rest:
        return Bot(*rest.split("/")[:2])
    return Bot(reference, "")


def _dimensions(bot: Bot, operation: str, mode: str) -> Dimensions:
    return dimensions(
        (
            *(("Operation", operation), ("BotId", bot.id), ("BotAliasId", bot.alias)),
            *(("InputMode", mode), ("LocaleId", bot.locale)),
        )
    )
