"""Defaults for what neither the scenario nor AWS's documentation specifies about a call, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from busyhour.flows.protocol.keypad import KEY_SECONDS


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How Connect retries a Lambda invocation.

    AWS documents "up to 3 retries within the timeout" for throttled invocations, service failures and errors,
    and does not document the pauses between them. `delays` are the pauses before the first, second and third
    retry, in seconds. A retry that would start after the time limit is not made.
    """

    max_retries: int = 3
    delays: tuple[float, ...] = (0.2, 0.4, 0.8)
    retried: frozenset[str] = frozenset({"throttled", "function_error", "unreachable"})
    """Kinds of `LambdaFailed` that are retried.

    After a timeout no time is left, and an invalid response is a response.
    """
    asynchronous_limit: float = 60.0
    """An asynchronous invocation is retried within this many seconds (the block's maximum)."""

    def delay(self, retry: int) -> float:
        """Return the pause before retry number `retry` (0-based) in seconds; the last delay repeats."""
        return self.delays[min(retry, len(self.delays) - 1)] if self.delays else 0.0


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Choices about callers, agents and services that a scenario cannot configure."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    ring_timeout: float = 60.0
    """Seconds that an unanswered outbound call rings (default of RingTimeoutInSeconds)."""
    key_seconds: float = KEY_SECONDS
    """Seconds between keys while a caller enters a number."""
    default_digits: int = 6
    """Digits that a caller enters if the scenario names no input (fewer if the action takes fewer)."""
    lex_turn_seconds: float = 4.0
    """Seconds of one turn of a conversation with a bot: the caller speaks, the bot answers."""
    chat_bot_seconds: float = 10.0
    """Seconds within which a bot must answer a chat; later the block fails (AWS administrator guide, feature limits)."""
    service_seconds: float = 0.25
    """Seconds of a step by another service (case, profile, task); no public figure, small compared with prompts."""
    dial_seconds: float = 8.0
    """Seconds that a third party rings until it answers."""
    agent_ends: bool = True
    """The agent ends the conversation, so that a disconnect flow runs: the larger demand of the two cases."""
    flow_limit: float = 1800.0
    """A caller who has spent this many seconds in prompts without reaching a queue hangs up: ends endless loops."""
    action_limit: int = 500
    """The same limit in actions run, for flows that loop without taking time."""
    agent_queue_capacity: int = 10
    """Most contacts that wait for one agent in person (quota "Maximum contacts in an agent queue")."""
    failures: Mapping[str, float] = field(default_factory=dict)
    """Outbound: share of attempts that end with each DisconnectReason before an answer. Empty by default; AWS
    expects about 1 % TELECOM_POTENTIAL_BLOCKING and 2 % TELECOM_PROBLEM of carriers (contact record data model)."""
    failure_seconds: Mapping[str, float] = field(
        default_factory=lambda: {
            "TELECOM_BUSY": 2.0,
            "TELECOM_NUMBER_INVALID": 1.0,
            "TELECOM_POTENTIAL_BLOCKING": 1.0,
            "TELECOM_ORIGINATOR_CANCEL": 3.0,
            "TELECOM_PROBLEM": 1.0,
        }
    )
    """Seconds until an attempt fails; other reasons take the ring timeout. No public figures: signalling is short
    compared with ringing."""
    service_level_seconds: float = 20.0
    """Service level threshold in seconds (80/20 is the usual target of the industry)."""
