"""Interfaces required by the emulator's services: quota values, and a store of metrics."""

from __future__ import annotations

from typing import Protocol

Dimensions = tuple[tuple[str, str], ...]


class Metrics(Protocol):
    """Receives CloudWatch metrics. `at` is epoch seconds."""

    def count(self, namespace: str, name: str, dimensions: Dimensions, value: float, at: float) -> None:
        """Record one sample of a metric that is summed, averaged or ranked (Invocations, Duration)."""

    def gauge(self, namespace: str, name: str, dimensions: Dimensions, value: float, at: float) -> None:
        """Record a level that lasts until the next one (ConcurrentExecutions)."""


class Quotas(Protocol):
    """The applied value of each quota, and a tally of its use and rejections."""

    def applied(self, code_or_key: str) -> float:
        """Return the applied value of the quota, in its own unit."""

    def reject(self, code_or_key: str, at: float | None = None, times: int = 1) -> None:
        """Count a rejection by this quota at `at`, epoch seconds."""

    def use(self, code_or_key: str, value: float, at: float | None = None) -> None:
        """Record the present use of the quota; the highest is kept."""


class Rates(Quotas, Protocol):
    """Quotas that include API request rates."""

    def admit(self, service: str, operation: str, cost: float = 1.0) -> object | None:
        """Take a token for one request; return None if admitted, else the quota that rejected it."""
