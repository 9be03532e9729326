"""What neither the scenario nor AWS's documentation says about a call: one place, each choice with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How Connect retries a Lambda invocation.

    AWS documents "up to 3 retries within the timeout" for throttled invocations, service failures and errors,
    and says nothing of the pauses between them. `delays` are the pauses before the first, second and third
    retry, in seconds. A retry that would start after the time limit is not made.
    """

    max_retries: int = 3
    delays: tuple[float, ...] = (0.2, 0.4, 0.8)
    retried: frozenset[str] = frozenset({"throttled", "function_error", "unreachable"})
    """Kinds of `LambdaFailed` that are tried again; a timeout has used up the time, an invalid answer is an answer."""
    asynchronous_limit: float = 60.0
    """An asynchronous invocation is retried within this many seconds (the block's maximum)."""

    def delay(self, retry: int) -> float:
        """Pause before retry number `retry` (0-based), seconds; the last delay repeats."""
        return self.delays[min(retry, len(self.delays) - 1)] if self.delays else 0.0


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Choices about callers, agents and services that a scenario has no key for."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    ring_timeout: float = 60.0
    """An outbound call that nobody answers rings this long (default of RingTimeoutInSeconds)."""
    key_seconds: float = 0.4
    """From one key to the next while a caller enters a number."""
    default_digits: int = 6
    """Digits that a caller enters where the scenario names no input (fewer if the action takes fewer)."""
    lex_turn_seconds: float = 4.0
    """One turn of a conversation with a bot: the caller speaks, the bot answers."""
    service_seconds: float = 0.25
    """A step done by another service (case, profile, task); no public figure, it is small beside prompts."""
    dial_seconds: float = 8.0
    """A third party rings this long until it answers."""
    agent_ends: bool = True
    """The agent ends the conversation, so that a disconnect flow runs: the larger demand of the two."""
    flow_limit: float = 1800.0
    """A caller who has spent this long in prompts without reaching a queue hangs up: ends calls that loop without end."""
    action_limit: int = 500
    """The same for a caller whose flow has run this many actions, where it goes round without taking time."""
    agent_queue_capacity: int = 10
    """Most contacts that wait for one agent in person (quota "Maximum contacts in an agent queue")."""
    failures: Mapping[str, float] = field(default_factory=dict)
    """Outbound: share of attempts that end with each DisconnectReason before anybody answers. None by default; AWS
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
    """How long an attempt takes to fail; other reasons take the ring timeout. No public figures: signalling is short
    beside ringing."""
    service_level_seconds: float = 20.0
    """Answered within this time counts for the service level (80/20 is the trade's usual target)."""
