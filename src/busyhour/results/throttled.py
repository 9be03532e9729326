"""Attempts of one operation in a run, and how many were throttled."""

from __future__ import annotations

from dataclasses import dataclass

FIRST, ALL = "first attempts", "requests"


@dataclass(frozen=True, slots=True)
class Throttled:
    """Attempts of one operation, and how many were throttled. `name` is `service:Operation`."""

    name: str
    attempts: int
    """First attempts, or all requests if first attempts were not counted; see `of`."""
    throttled: int
    """Number of throttled attempts."""
    of: str = FIRST
    requests: int | None = None
    """All requests, retries included; None: the same as the attempts."""
    requests_throttled: int | None = None
    """Number of throttled requests."""

    @property
    def share(self) -> float:
        """Share of the attempts; 0 without attempts."""
        return self.throttled / self.attempts if self.attempts else 0.0

    @property
    def share_of_requests(self) -> float:
        """Share of all requests; 0 without requests."""
        if self.requests is None or self.requests_throttled is None:
            return self.share
        return self.requests_throttled / self.requests if self.requests else 0.0

    @property
    def in_words(self) -> str:
        """Denominator of the share, with the share of all requests if different."""
        return f"of {self.attempts:,} {self.of} of {self.name}{self.beside}"

    @property
    def beside(self) -> str:
        """The share of all requests if different, to follow a sentence."""
        if self.requests is None or self.requests == self.attempts:
            return ""
        return f"; {self.share_of_requests:.2%} of all {self.requests:,} requests"

    def about(self, what: str) -> bool:
        """Whether `what` refers to it: a service, an operation, both, or empty."""
        service, _, operation = self.name.partition(":")
        return what in ("", service, operation, self.name)
