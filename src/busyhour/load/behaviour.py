"""What one kind of caller does at an arrival; the part of a Locust user class that knows nothing of Locust."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.load.runner.generator import Drive


class CallBehaviour:
    """Does something for every arrival that the schedule gives it.

    Subclasses override `prepare` and `arrive`, and `cut_off` where calls go on after `arrive`. Nothing here may block:
    everything runs in the one loop of the generator, and what takes time comes back as a callback.
    """

    drive: Drive
    """The run; set before `prepare`."""

    takes_calls = True
    """Whether the scenario's arrivals come here. A kind that only polls says no and uses the clock in `begin`."""

    share: float = 1.0
    """Weight among the kinds of one file that take calls."""

    def prepare(self) -> None:
        """Get ready, before the clock starts: prepare operations, look ids up. May block."""

    def begin(self) -> None:
        """The schedule starts now (second 0)."""

    def arrive(self, index: int, intended: float) -> None:
        """Call number `index` starts now; it should have at `intended`, the clock's `now()`."""
        raise NotImplementedError

    def refuses(self, index: int) -> str:
        """Why call `index` cannot be started by this generator, in a word or two; empty where it can.

        A call that is refused is dropped: it is counted under the reason and makes the run invalid.
        """
        return ""

    @property
    def in_progress(self) -> float:
        """Calls of this kind that go on; may be an estimate where only a sample is watched."""
        return self.drive.recorder.in_progress

    @property
    def to_end(self) -> float:
        """Calls that `cut_off` would have to end one by one; decides how long it may take."""
        return self.in_progress

    def cut_off(self, *, interrupted: bool) -> None:
        """No more time: end every call that still goes on."""

    def worker_lost(self, k: int, heir: int, heirs: int) -> None:
        """Worker `k` is gone, and this one is heir number `heir` of `heirs`; its arrivals are taken over without this."""

    def settled(self) -> bool:
        """Whether everything that `cut_off` began is done."""
        return self.drive.recorder.in_progress == 0

    def finish(self) -> None:
        """The last moment to add to the recorder."""
