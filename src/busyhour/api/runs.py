"""Finished runs: read `run.json` as a record, and the generator's own result beside it."""

from busyhour.results.load_result import LoadResult
from busyhour.results.record import Outcome, RunRecord
from busyhour.results.store import read_load, read_run

__all__ = [
    "LoadResult",
    "Outcome",
    "RunRecord",
    "read_load",
    "read_run",
]
