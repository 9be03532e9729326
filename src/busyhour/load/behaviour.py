"""What one kind of caller does at an arrival: the part of a Locust user class that is independent of Locust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from busyhour.errors import BusyhourError

if TYPE_CHECKING:
    from busyhour.load.runner.generator import Drive


class CallBehaviour:
    """Handles every arrival that the schedule assigns to it.

    Subclasses override `prepare` and `arrive`, and `cut_off` if calls continue after `arrive`. No method may
    block: everything runs in the generator's one event loop, and slow operations report back by callback.
    """

    drive: Drive
    """The run; set before `prepare`."""

    takes_calls = True
    """Whether the scenario's arrivals are assigned to this kind.

    A kind that only polls sets False and uses the clock in `begin`.
    """

    share: float = 1.0
    """Weight among the kinds of one file that take calls."""

    def prepare(self) -> None:
        """Prepare operations and look up ids before the clock starts. May block."""

    def begin(self) -> None:
        """Start: the schedule begins now (second 0)."""

    def arrive(self, index: int, intended: float) -> None:
        """Start call number `index` now; `intended` is its scheduled start on the clock of `now()`."""
        raise BusyhourError(
            f"{type(self).__name__} takes calls (takes_calls is True) but does not define arrive().",
            "Define arrive(self, index, intended) in the class, or set takes_calls = False.",
        )

    def refuses(self, index: int) -> str:
        """Return why this generator cannot start call `index`, in a word or two; empty if it can.

        A rejected call is dropped: it is counted under the reason and makes the run invalid.
        """
        return ""

    @property
    def in_progress(self) -> float:
        """Number of calls of this kind in progress; may be an estimate if only a sample is watched."""
        return self.drive.recorder.in_progress

    @property
    def to_end(self) -> float:
        """Number of calls that `cut_off` would have to end one by one; determines its time limit."""
        return self.in_progress

    def cut_off(self, *, interrupted: bool) -> None:
        """End every call in progress: the time is over."""

    def worker_lost(self, k: int, heir: int, heirs: int) -> None:
        """Handle the loss of worker `k`; this one is heir number `heir` of `heirs`.

        Its arrivals are taken over separately.
        """

    def settled(self) -> bool:
        """Whether everything that `cut_off` started is done."""
        return self.drive.recorder.in_progress == 0

    def finish(self) -> None:
        """Add last figures to the recorder."""
