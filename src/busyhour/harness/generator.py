"""The load side as a child process: Locust with one of the loadtests, watched until it ends."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busyhour import interrupts
from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.processes import Child, child
from busyhour.harness.progress import Progress
from busyhour.harness.run_folder import Claim
from busyhour.harness.safety.abort_monitor import Lookout
from busyhour.harness.safety.stop_contacts import sweep
from busyhour.harness.target import Target
from busyhour.load.outcomes.clean_up import process_seconds
from busyhour.load.safety import permit
from busyhour.results import journal, store
from busyhour.results.load_result import LoadResult
from busyhour.results.record import AbortRecord
from busyhour.scenarios.model import Scenario
from busyhour.shared_secret.worker_secret import LOOPBACK, Address

OVERTIME_SECONDS = 90.0
"""How much longer than schedule and drain the generator may take before it is given up."""

REMOTE_SECONDS = 300.0
"""How long workers on other machines may take to connect."""


@dataclass(slots=True)
class _Ticks:
    """Reads progress.jsonl as it grows."""

    path: Path
    offset: int = 0

    def new(self) -> list[Mapping[str, Any]]:
        """Complete lines that were written since the last time."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return []
        complete = data[: data.rfind(b"\n") + 1]
        self.offset += len(complete)
        return [tick for line in complete.splitlines() if (tick := _tick(line)) is not None]


def _tick(line: bytes) -> Mapping[str, Any] | None:
    """Parse a line; None if it was cut off, as on a full disk."""
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def drive(
    scenario: Scenario,
    locustfile: Path,
    target: Target,
    run_dir: Path,
    *,
    workers: int,
    progress: Progress,
    beside: Sequence[Path] = (),
    remote: int = 0,
    bind: Address = LOOPBACK,
    watched: Child | None = None,
    lookout: Lookout | None = None,
    permitted: float | None = None,
    claim: Claim | None = None,
) -> LoadResult:
    """Run the load to its end and return what it measured.

    Ctrl-C stops new calls, lets the generator end live ones and write what it has, then this returns with
    `interrupted` set. A second Ctrl-C kills it. Neither is lost where it comes while no one waits for it.

    Args:
        beside: more locustfiles, whose classes run beside those of `locustfile`.
        remote: number of workers on other machines to wait for instead of starting any here.
        bind: address at which the master waits for them.
        watched: the target's process; when it ends, so does the load, and that does not count as interrupted.
        permitted: seconds for which calls may be started against AWS; None: no permit to do so is given.
        claim: of the folder; its lock is held until the last process of the generator has ended.
        lookout: decides when a run against AWS must end early; the result has the reason as `abort`.

    Raises:
        BusyhourError: the generator did not start, or ended without a result (exit code 4).
    """
    program = "locust"
    if remote:
        program = "busyhour.load.runner.remote_workers"
    elif workers > 1:
        program = "busyhour.load.runner.local_workers"
    command = [sys.executable, "-m", program, "-f", ",".join(map(str, (locustfile, *beside)))]
    command += ["--headless", "--only-summary"]
    if remote:
        command += ["--master", "--expect-workers", str(remote)]
        command += ["--master-bind-host", bind.host, "--master-bind-port", str(bind.port)]
        command += ["--expect-workers-max-wait", f"{REMOTE_SECONDS:.0f}"]
    elif workers > 1:
        command += ["--processes", str(workers)]
    environment = {
        "BUSYHOUR_SCENARIO": str(scenario.path),
        "BUSYHOUR_OVERRIDES": json.dumps(scenario.overrides),
        "BUSYHOUR_RUN_DIR": str(run_dir),
        "BUSYHOUR_INSTANCE": target.instance_id,
        "BUSYHOUR_TARGET": target.kind,
        "BUSYHOUR_REGION": target.region,
        "BUSYHOUR_ACCOUNT": target.account,
        "BUSYHOUR_PARENT": str(os.getpid()),
        "BUSYHOUR_RUN_ID": claim.run if claim is not None else "",
    }
    if target.endpoint is not None:
        environment["BUSYHOUR_ENDPOINT"] = target.endpoint
    if permitted is not None:
        environment[permit.VARIABLE] = permit.issue(run_dir, scenario, permitted)
    kept = (claim.descriptor,) if claim is not None else ()
    ticks = _Ticks(run_dir / store.PROGRESS_FILE)
    deadline = time.monotonic() + scenario.traffic.duration + scenario.traffic.drain + OVERTIME_SECONDS
    deadline += REMOTE_SECONDS if remote else 0.0
    ending = max(30.0, process_seconds(aws=target.kind == "aws") + 5.0)
    interrupted = given_up = target_died = False
    abort: AbortRecord | None = None
    with (
        interrupts.deferred() as signals,
        child(
            "load", command, log=run_dir / "locust.log", environment=environment, grace=ending, inherits=kept
        ) as process,
    ):
        while process.running:
            time.sleep(0.2)
            for tick in ticks.new():
                progress.load(tick)
                if lookout is not None:
                    lookout.ticked(tick)
            if interrupted and signals.count > 1:
                given_up = True
                process.kill()
                if target.kind == "aws":
                    progress.say(f"Given up. `busyhour stop {run_dir} --live` ends what is still live.")
                break
            if signals.count and not interrupted:
                interrupted = True
                progress.say("Stopping: no new calls, live ones are ended. Ctrl-C again to give up at once.")
                process.ask_to_stop()
                deadline = time.monotonic() + ending
            if lookout is not None and abort is None and not interrupted:
                abort = lookout.decide()
                if abort is not None:
                    progress.say(f"Aborted ({abort.condition}): {abort.text}. Live calls are ended.")
                    process.ask_to_stop()
                    deadline = time.monotonic() + ending
            if watched is not None and not watched.running and not interrupted:
                progress.say(f"The {watched.name} has ended; the load is stopped.")
                target_died = True
                process.ask_to_stop()
                deadline = min(deadline, time.monotonic() + 15.0)
                watched = None
            if time.monotonic() > deadline:
                process.kill()
        permit.withdraw(run_dir)
        ended = 0 if given_up else _end_what_is_left(process, target, run_dir, ending, progress)
        if not (run_dir / store.LOAD_FILE).exists():
            raise process.error(
                f"The load generator ended without a result.{f' It was aborted: {abort.text}.' if abort else ''}",
                f"What was measured second by second is in {run_dir / store.PROGRESS_FILE}.",
                ExitCode.INTERRUPTED if interrupted else ExitCode.INVALID_RUN,
            )
    result = store.read_load(run_dir)
    if claim is not None and result.run != claim.run:
        raise BusyhourError(
            f"{run_dir / store.LOAD_FILE} is of another run: this one has no result.",
            None,
            ExitCode.INVALID_RUN,
        )
    result.interrupted = interrupted or (result.interrupted and not target_died)
    result.abort = abort
    if ended:
        result.notes.append(f"{ended} contacts that the generator left were ended when it was over.")
    unknown = journal.unanswered(run_dir) if target.kind == "aws" else []
    if unknown:
        result.not_measured.append(
            f"{len(unknown)} requests to start a contact had no answer: whether these contacts were live is not known "
            f"(`busyhour stop` lists their tokens)"
        )
    if lookout is not None:
        result.not_measured += lookout.not_measured
    return result


def _end_what_is_left(
    process: Child, target: Target, run_dir: Path, seconds: float, progress: Progress
) -> int:
    """End contacts on AWS of a generator that was killed; return how many of its journal were ended here.

    Workers whose master is gone notice that by themselves and end their contacts, given the time.
    """
    if target.kind != "aws":
        return 0
    if not (run_dir / store.LOAD_FILE).exists():
        progress.say("The load generator has died; its workers end their live calls.")
        process.wait_for_children(seconds)
    left = journal.live(run_dir)
    if not left:
        return 0
    progress.say(f"{len(left)} contacts may still be live; they are ended.")
    swept = sweep(target.client("connect"), target.instance_id, left, run_dir)
    if swept.failed:
        progress.say(f"{len(swept.failed)} could not be ended. `busyhour stop {run_dir} --live` tries again.")
    return len(swept.stopped)
