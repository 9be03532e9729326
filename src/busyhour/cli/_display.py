"""Progress of `busyhour run` on standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from busyhour.scenarios.model import Scenario


class Display:
    """Stages as lines, the load as a progress bar; on a pipe a line every ten seconds instead of a bar."""

    def __init__(self, console: Console, scenario: Scenario) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = console
        self._total = scenario.traffic.duration + scenario.traffic.drain
        self._bar = Progress(
            TextColumn("  "),
            BarColumn(bar_width=30),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._said = 0.0

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_bar()

    def stage(self, text: str) -> None:
        """A line for the stage; the bar starts with the load."""
        self._stop_bar()
        self._said = 0.0
        self._console.print(text, style="bold")

    def load(self, tick: Mapping[str, Any]) -> None:
        """Move the bar."""
        text = (
            f"{tick.get('started', 0):,} of {tick.get('planned', 0):,} calls started, "
            f"{tick.get('in_progress', 0):,} in progress, {tick.get('throttles', 0) + tick.get('limits', 0):,} requests throttled, "
            f"{tick.get('errors', 0):,} errors"
        )
        at = float(tick.get("t", 0.0))
        if self._console.is_terminal:
            if self._task is None:
                self._bar.start()
                self._task = self._bar.add_task("", total=float(tick.get("total") or self._total))
            self._bar.update(self._task, completed=at, description=text)
        elif at >= self._said + 10:
            self._said = at
            self._console.print(f"  {at:.0f} s: {text}", highlight=False)

    def say(self, text: str) -> None:
        """A line above the bar; not wrapped, so that commands in it can be copied."""
        self._console.print(text, highlight=False, soft_wrap=True)

    def _stop_bar(self) -> None:
        if self._task is not None:
            self._bar.stop()
            self._task = None
