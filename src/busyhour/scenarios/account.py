"""The AWS side of a scenario: account and instance, retries of its clients, facts for AWS Support."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """Destination and limits of a run against AWS. See the safety gate."""

    account: str = ""
    region: str = "us-east-1"
    instance: str = ""
    source_number: str = ""
    destinations: tuple[str, ...] = ()
    max_calls: int | None = None
    max_concurrent: int | None = None
    max_cost_usd: float | None = None
    approval: Path | None = None
    error_budget: float = 0.1
    """Share of the calls of a minute that may fail to start or be blocked; above it the run is aborted."""
    premium: tuple[str, ...] = ()
    """Destinations that are listed with the word `premium`."""
    loopback: str = ""
    """Owner of the destination numbers.

    `same` (the calling instance), `other` (another instance), or none of ours.
    """

    @property
    def legs(self) -> int:
        """Number of legs that Connect bills for one call.

        The outbound one and, in loopback, the inbound one.
        """
        return 2 if self.loopback else 1

    @property
    def slots(self) -> int:
        """Number of concurrent calls of the calling instance that one call uses."""
        return 2 if self.loopback == "same" else 1


class RetryMode(StrEnum):
    """Retry mode of an application's AWS SDK."""

    NONE = "none"
    STANDARD = "standard"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True)
class Client:
    """The application that makes the requests: its retry policy and its timeout."""

    retry: RetryMode = RetryMode.NONE
    max_attempts: int | None = None
    """Attempts of one request in total; None: the SDK's default."""
    timeout: float = 10.0
    """Seconds from sending a request to the end of its response."""


@dataclass(frozen=True, slots=True)
class SupportFacts:
    """Facts for AWS Support that cannot be computed; texts in the team's own words, empty if not given."""

    use_case: str = ""
    retries: str = ""
    """How clients retry throttled requests."""
    impact: str = ""
    """Business impact of blocked calls."""
