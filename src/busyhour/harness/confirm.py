"""The runs behind `busyhour run --confirm`: what regressed is repeated before it is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from busyhour.harness.progress import Progress
from busyhour.harness.run import Options, execute
from busyhour.history.baseline import baseline
from busyhour.regression import verdicts
from busyhour.regression.compare import Comparison
from busyhour.regression.confirm import confirm, suspected
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.metrics.observe import read
from busyhour.regression.settings import tolerances
from busyhour.results import store
from busyhour.results.record import Outcome


@dataclass(frozen=True, slots=True)
class Held:
    """Result of comparing a run with earlier ones."""

    found: Comparison
    unproven: bool
    """Something regressed that no repeat could look at again: they all proved nothing."""
    interrupted: bool


def hold_against(
    options: Options, folder: Path, progress: Progress, *, names: Sequence[str], most: int
) -> Held | None:
    """Hold the run in `folder` against earlier ones, and repeat it until what regressed is confirmed or gone.

    Repeats are kept below `folder`, what came out in its compare.json.

    Args:
        options: of the run; its repeats are run alike, with the same seed.
        folder: where the run is kept already.
        progress: receives progress messages.
        names: the baseline: folders of runs, or `history`.
        most: how many repeats are made at most.

    Returns:
        None where nothing could be compared, which `progress` receives.

    Raises:
        BusyhourError: the baseline cannot be read or is of another plan, or as `execute`.
    """
    new = read(folder)
    if not new.valid:
        progress.say(f"Not compared with earlier runs: this one is {new.outcome}.")
        return None
    old = baseline(options.project, names, new)
    if not old:
        progress.say("Not compared with earlier runs: there is none of this plan yet.")
        return None
    repeats = _Repeats(options, folder, progress, most)
    found = confirm(new, old, tolerances(options.project), repeats)
    verdicts.write(folder, found)
    sure = bool(found.new_findings or found.cuts)
    unproven = found.confirmation is None and bool(suspected(found)) and not sure
    return Held(found, unproven, repeats.interrupted)


class _Repeats:
    """Makes the next repeat when it is asked for one; those that prove nothing are passed over."""

    def __init__(self, options: Options, folder: Path, progress: Progress, most: int) -> None:
        self._options = options
        self._folder = folder
        self._progress = progress
        self._most = most
        self.interrupted = False

    def __iter__(self) -> Iterator[Observation]:
        for number in range(1, self._most + 1):
            below = verdicts.repeat_folder(self._folder, number)
            below.mkdir(parents=True, exist_ok=True)
            self._progress.stage(f"Something regressed: repeat {number} of at most {self._most}")
            record = execute(replace(self._options, folder=below), below, self._progress)
            store.write_run(below, record)
            self._progress.say(f"  {record.verdict.summary}")
            if record.verdict.outcome is Outcome.INTERRUPTED:
                self.interrupted = True
                return
            one = read(below)
            if one.valid:
                yield one
