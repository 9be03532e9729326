"""The whole run, aggregated over its workers: progress during the run, load.json at its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from busyhour.load.runner.arrivals import lost_arrivals
from busyhour.load.runner.generator import Status
from busyhour.load.settings import Settings
from busyhour.results.load_result import Circumstances, LoadResult
from busyhour.results.load_summary import summarise
from busyhour.results.measurement.measures import Measures
from busyhour.results.measurement.sampling import in_all
from busyhour.results.store import PROGRESS_FILE, write_load
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.arrivals import Schedule

SEAL_AFTER = 20
"""Seconds until a second's latency histograms are reduced to percentiles; all workers have sent theirs by then."""

MOST_SLIPS = 1200


@dataclass(slots=True)
class WorkerState:
    """State of one worker in the aggregation."""

    status: Status = field(default_factory=lambda: Status(0.0, 0, 0, 0.0))
    heard_at: float = 0.0
    """Time of its last part, on the caller's clock."""
    done: bool = False
    lost: bool = False


class Aggregator:
    """Aggregates the measures of all workers.

    Args:
        settings: folder of the files, and the bounds.
        scenario: the plan.
        workers: number of workers at the start.
        started: epoch seconds of second 0.
        calls: whether the scenario's arrivals are driven (a file with pollers alone drives none).
    """

    def __init__(
        self, settings: Settings, scenario: Scenario, workers: int, started: float, *, calls: bool = True
    ) -> None:
        self.settings = settings
        self.scenario = scenario
        self.schedule = Schedule(scenario.traffic, scenario.seed)
        self.measures = Measures()
        self.workers = {k: WorkerState() for k in range(workers)}
        self.started = started
        self.interrupted = False
        self.notes: dict[str, None] = {}
        self.not_measured: dict[str, None] = {}
        self.reasons: list[str] = []
        self.generator: dict[str, Any] = {}
        self.calls = calls
        self.last: Mapping[str, Any] = {}
        """The newest line of progress.jsonl."""
        self.slips: list[tuple[float, float]] = []
        """(second, p99 of start delay in milliseconds so far): as many as a page can show, older ones thinned out."""
        self._progress_broken = ""
        if calls:
            self.measures.count("arrivals/planned", len(self.schedule))

    def add(self, k: int, part: Measures, status: Status, now: float) -> None:
        """Add a part that worker `k` sent; parts of a worker that was given up are ignored."""
        worker = self.workers[k]
        if not worker.lost:
            self.measures.merge(part)
            worker.status, worker.heard_at = status, now

    def finished(self, k: int, words: Mapping[str, Any]) -> None:
        """Record that worker `k` has ended normally; `words` are its notes."""
        self.workers[k].done = True
        self.notes.update(dict.fromkeys(words.get("notes", ())))
        self.not_measured.update(dict.fromkeys(words.get("not_measured", ())))
        for key, value in words.get("generator", {}).items():
            known = self.generator.get(key)
            self.generator[key] = max(known, value) if isinstance(value, int) and known is not None else value

    def lose(self, k: int, at: float, heirs: int) -> None:
        """Record the loss of worker `k`; from second `at` on `heirs` others take its arrivals."""
        worker = self.workers[k]
        worker.lost = True
        status = worker.status
        self.measures.count("arrivals/lost", round(status.in_progress))
        if self.calls:
            until = at if heirs else float("inf")
            missed = lost_arrivals(self.schedule.worker(k, len(self.workers)), status.t, until)
            self.measures.count("dropped/worker lost", missed)
        self.notes[
            f"Worker {k} died around second {status.t:.0f} with {status.in_progress:.0f} calls in progress; "
            + (
                f"{heirs} other(s) took over its arrivals at second {at:.1f}."
                if heirs
                else "no other was left."
            )
        ] = None

    @property
    def over(self) -> bool:
        """Whether every worker has ended or was given up."""
        return all(worker.done or worker.lost for worker in self.workers.values())

    @property
    def alive(self) -> list[int]:
        """Workers that have neither ended nor been given up."""
        return [k for k, worker in self.workers.items() if not worker.done and not worker.lost]

    def tick(self, t: float) -> dict[str, Any]:
        """Append a line to progress.jsonl and return it. `t`: seconds since second 0."""
        self.measures.seal(int(t) - SEAL_AFTER)
        counts = self.measures.counts
        slip = self.measures.histograms.get("slip")
        line = {
            "run": self.settings.run_id,
            "t": round(t, 1),
            "total": self.scenario.traffic.duration,
            "drain": self.scenario.traffic.drain,
            "planned": counts.get("arrivals/planned", 0),
            "due": round(self.schedule.rate.cumulative(t)) if self.calls else 0,
            "started": counts.get("arrivals/started", 0),
            "in_progress": round(sum(w.status.in_progress for w in self.workers.values() if not w.lost)),
            "completed": counts.get("arrivals/completed", 0),
            "failed": counts.get("arrivals/failed", 0) + in_all(counts, "blocked"),
            "errors": self._requests("client_error", "server_error", "timeout", "connection"),
            "throttles": self._requests("rate_throttle"),
            "limits": self._requests("limit"),
            "late": counts.get("arrivals/late", 0),
            "dropped": sum(value for key, value in counts.items() if key.startswith("dropped/")),
            "slip": round(slip.percentile(99) / 1000.0, 2) if slip is not None and slip.total else None,
        }
        self._append(line)
        self.last = line
        if slip is not None and slip.total:
            self.slips.append((round(t, 1), slip.percentile(99) / 1000.0))
            if len(self.slips) > MOST_SLIPS:
                del self.slips[1:-1:2]
        return line

    def result(self, ended: float, drive: str) -> LoadResult:
        """Return the result of the run. `ended`: epoch seconds."""
        failures = self.measures.counts.get("generator/failures", 0)
        reasons = list(self.reasons)
        if failures:
            reasons.append(f"{failures} callbacks of the generator raised an exception; see its log.")
        refused = self.measures.counts.get("generator/refused", 0)
        if refused:
            reasons.append(
                f"{refused} requests did not leave: the safety gate refused them; the notes give the reasons."
            )
        if self._progress_broken:
            self.notes[f"{PROGRESS_FILE} could not be written: {self._progress_broken}."] = None
        duration = self.scenario.traffic.duration
        return summarise(
            self.measures,
            Circumstances(
                drive=drive,
                run=self.settings.run_id,
                started=_iso(self.started),
                ended=_iso(ended),
                duration=max(0.0, ended - self.started),
                planned_duration=duration,
                planned_series=self.schedule.planned_series()[1] if self.calls else (),
                workers=len(self.workers),
                interrupted=self.interrupted,
                generator={**self.generator, "workers": len(self.workers)},
                notes=list(self.notes),
                not_measured=list(self.not_measured),
                reasons=reasons,
                answer_within=self.scenario.service_level_seconds,
            ),
            self.settings.bounds,
        )

    def write(self, result: LoadResult) -> Path | None:
        """Write load.json if there is a folder for it."""
        return write_load(self.settings.run_dir, result) if self.settings.run_dir is not None else None

    def _requests(self, *kinds: str) -> int:
        return sum(
            value
            for key, value in self.measures.counts.items()
            if key.startswith("requests/") and key.rpartition("/")[2] in kinds
        )

    def _append(self, line: Mapping[str, Any]) -> None:
        if self.settings.run_dir is None:
            return
        # After a failure a line may be there in part: the next one begins on a line of its own.
        start = "\n" if self._progress_broken else ""
        try:
            with (self.settings.run_dir / PROGRESS_FILE).open("a", encoding="utf-8") as out:
                out.write(f"{start}{json.dumps(line)}\n")
        except OSError as error:
            self._progress_broken = error.strerror or str(error)


def _iso(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat().replace("+00:00", "Z")
