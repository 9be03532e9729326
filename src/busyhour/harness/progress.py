"""How a run reports what it is doing; the caller decides how that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Progress(Protocol):
    """Receives the run's stages and, once a second, the load."""

    def stage(self, text: str) -> None:
        """A new stage has begun."""

    def load(self, tick: Mapping[str, Any]) -> None:
        """A line of progress.jsonl: t, total, planned, started, in_progress, completed, errors, throttles, limits, slip."""

    def say(self, text: str) -> None:
        """Something worth knowing while it runs."""


class Silent:
    """Shows nothing."""

    def stage(self, text: str) -> None:
        """Do nothing."""

    def load(self, tick: Mapping[str, Any]) -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Do nothing."""
