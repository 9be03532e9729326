"""Attempts of one operation in a run, and how many of them were throttled."""

from __future__ import annotations

from dataclasses import dataclass

FIRST, ALL = "first attempts", "requests"


@dataclass(frozen=True, slots=True)
class Throttled:
    """Attempts of one operation, and how many of them were throttled. `name` is `service:Operation`."""

    name: str
    attempts: int
    """First attempts, or all requests where it is not known which are; see `of`."""
    throttled: int
    """Of the attempts."""
    of: str = FIRST
    requests: int | None = None
    """All requests, repeated ones included; None: the attempts."""
    requests_throttled: int | None = None
    """Of all requests."""

    @property
    def share(self) -> float:
        """Of the attempts; 0 where there was none."""
        return self.throttled / self.attempts if self.attempts else 0.0

    @property
    def share_of_requests(self) -> float:
        """Of all requests; 0 where there was none."""
        if self.requests is None or self.requests_throttled is None:
            return self.share
        return self.requests_throttled / self.requests if self.requests else 0.0

    @property
    def in_words(self) -> str:
        """What the share is of, with that of all requests where it is another one."""
        return f"of {self.attempts:,} {self.of} of {self.name}{self.beside}"

    @property
    def beside(self) -> str:
        """The share of all requests, where it is another one, to follow a sentence."""
        if self.requests is None or self.requests == self.attempts:
            return ""
        return f"; {self.share_of_requests:.2%} of all {self.requests:,} requests"

    def about(self, what: str) -> bool:
        """Whether `what` means it: a service, an operation, both, or nothing in particular."""
        service, _, operation = self.name.partition(":")
        return what in ("", service, operation, self.name)
