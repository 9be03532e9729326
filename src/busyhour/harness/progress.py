"""How a run tells what it is doing; whoever starts it decides how that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Progress(Protocol):
    """Hears of the run's stages and, once a second, of the load."""

    def stage(self, text: str) -> None:
        """A new stage has begun."""

    def load(self, tick: Mapping[str, Any]) -> None:
        """A line of progress.jsonl: t, total, planned, started, in_progress, completed, errors, throttles, slip."""

    def say(self, text: str) -> None:
        """Something worth knowing while it runs."""


class Silent:
    """Nobody listens."""

    def stage(self, text: str) -> None:
        """Do nothing."""

    def load(self, tick: Mapping[str, Any]) -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Do nothing."""
