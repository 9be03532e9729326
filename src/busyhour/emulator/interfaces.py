"""Protocols of what the emulator's services need: quota values, and a store of metrics."""

from __future__ import annotations

from typing import Protocol

Dimensions = tuple[tuple[str, str], ...]


class Metrics(Protocol):
    """Receives what CloudWatch would show. `at` is epoch seconds."""

    def count(self, namespace: str, name: str, dimensions: Dimensions, value: float, at: float) -> None:
        """One sample of a metric whose samples are summed, averaged or ranked (Invocations, Duration)."""

    def gauge(self, namespace: str, name: str, dimensions: Dimensions, value: float, at: float) -> None:
        """A level that holds until the next one (ConcurrentExecutions)."""


class Quotas(Protocol):
    """The applied value of each quota, and a tally of what each one saw and rejected."""

    def applied(self, code_or_key: str) -> float:
        """Applied value of the quota, in its own unit."""

    def reject(self, code_or_key: str, at: float | None = None, times: int = 1) -> None:
        """Something was rejected by this quota at `at`, epoch seconds."""

    def use(self, code_or_key: str, value: float, at: float | None = None) -> None:
        """Present use of the quota; the highest is kept."""


class Rates(Quotas, Protocol):
    """Quotas that hold API request rates too."""

    def admit(self, service: str, operation: str, cost: float = 1.0) -> object | None:
        """Take a token for one request; None when it may go on, else the quota that turned it away."""
