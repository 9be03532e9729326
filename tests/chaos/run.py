"""`make chaos`: random kills, freezes and signals over run, workers, emulator, report and history. `--only N` repeats one."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import events


def main() -> int:
    """Perform the events, print each with its findings, and return 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3600.0, help="begin no event after so long")
    parser.add_argument("--only", type=int, default=None)
    asked = parser.parse_args()
    begun, counts, findings = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="busyhour-chaos-") as name:
        place = Path(name)
        finished = finished_run(place)
        for number in [asked.only] if asked.only is not None else range(asked.events):
            if time.monotonic() - begun > asked.seconds:
                break
            folder = place / str(number)
            folder.mkdir()
            found = events.perform(events.event(asked.seed, number), folder, finished)
            counts[found.event.kind] += 1
            findings += len(found.findings)
            one = found.event
            print(
                f"{number:4} {one.kind}: {one.signal} to {one.victim} at {one.at:.2f}: exit {found.exit_code}, "
                f"{found.seconds:.0f} s{''.join(f'{chr(10)}     FINDING {text}' for text in found.findings)}",
                flush=True,
            )
    print(
        f"{sum(counts.values())} events ({dict(counts)}), {findings} findings, {time.monotonic() - begun:.0f} s"
    )
    return 1 if findings or not counts else 0


def finished_run(place: Path) -> Path:
    """Make the folder of a finished run, for the commands that read one."""
    folder = place / "finished"
    command = [sys.executable, "-m", "busyhour", "run", str(events.ROOT / "scenarios" / "lookup.toml")]
    command += ["--out", str(folder), "--set", "test.hold=2s", "--set", "test.drain=1s"]
    subprocess.run(
        command, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, check=False, timeout=300
    )
    if not (folder / "run.json").exists():
        raise SystemExit("the run before the events left no run.json")
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
