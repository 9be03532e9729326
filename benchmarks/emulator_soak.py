"""Ten minutes at half of the emulator's capacity: memory stays flat and nothing is lost.

The emulator runs in a process on core 0 with everything on; contacts are started over HTTP on an even schedule at half
of the rate that a closed loop reached just before, and contact records are read from a pipe as they are written. At the
end every ContactId that a request was answered with must have exactly one record. Memory is the process's resident set
by the minute; the figure is how much it grew from the minute in which the bounded stores were full (200,000 ended contacts and
their tokens are kept) to the last. `--seconds N` runs shorter.
Loopback only; ends by itself.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).parent / "support"))
from http_drive import Running, closed_loop, emulator, open_loop, pin, run

CONTACT_SECONDS = 60.0
"""Longer than any contact of the flow takes to ring, play its message and end."""
MOST_GROWTH_MB = 20.0
KEPT = 200_000
"""Ended contacts that the emulator still knows (`ConnectPolicy.ended_kept`)."""


def resident_mb(pid: int) -> float:
    """Memory that a process holds now, MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def contact_id(document: bytes) -> bytes:
    """The ContactId in a JSON document, in 16 bytes."""
    return bytes.fromhex(orjson.loads(document)["ContactId"].replace("-", ""))


def count_records(pipe: Path, counted: Connection) -> None:
    """Count contact records by ContactId as the emulator writes them into a pipe; send the counts when it closes."""
    with pipe.open("rb") as lines:
        counted.send(Counter(map(contact_id, lines)))


def soak(running: Running, rate: float, seconds: float) -> tuple[list[float], Counter[bytes], list[float]]:
    """Start contacts at `rate` for `seconds`: (latencies, ContactIds answered, memory by the minute)."""
    started: Counter[bytes] = Counter()
    memory: list[float] = []
    latencies: list[float] = []
    number = 0

    def next_request() -> bytes:
        nonlocal number
        number += 1
        return running.start_contact(number)

    def answered(body: bytes) -> None:
        started[contact_id(body)] += 1

    part = min(60.0, seconds)
    for minute in range(max(1, round(seconds / part))):
        timed = run(open_loop(running.port, next_request, rate, part, answered))
        found = sorted(latency for _, latency in timed)
        latencies += found[:: max(1, len(found) // 10_000)]
        memory.append(resident_mb(running.pid))
        p99 = found[int(len(found) * 0.99)] * 1000
        print(
            f"minute {minute + 1}: {len(found):,} contacts, p99 {p99:.2f} ms, {memory[-1]:,.0f} MB",
            flush=True,
        )
    return sorted(latencies), started, memory


def main() -> None:
    """Soak, wait for the last contact to end, and compare records with answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    seconds: float = parser.parse_args().seconds
    pin(1)
    with tempfile.TemporaryDirectory() as folder:
        pipe = Path(folder) / "records"
        os.mkfifo(pipe)
        counted, counting = multiprocessing.Pipe(duplex=False)
        reader = multiprocessing.Process(target=count_records, args=(pipe, counting), daemon=True)
        reader.start()
        warm_up: Counter[bytes] = Counter()

        def answered(body: bytes) -> None:
            warm_up[contact_id(body)] += 1

        with emulator("--records", str(pipe)) as running:
            count = 10**9

            def next_request() -> bytes:
                nonlocal count
                count += 1
                return running.start_contact(count)

            for seconds_of_load in (10.0, 5.0):  # the second once as many contacts end as begin
                closed = closed_loop(running.port, next_request, seconds_of_load, running.pid, answered)
                capacity, _ = run(closed)
            print(
                f"capacity {capacity:,.0f}/s; soaking at {capacity / 2:,.0f}/s for {seconds:,.0f} s",
                flush=True,
            )
            latencies, started, memory = soak(running, capacity / 2, seconds)
            time.sleep(CONTACT_SECONDS)
        if not counted.poll(60):
            raise SystemExit("the emulator did not close its contact records")
        seen: Counter[bytes] = counted.recv()
    started += warm_up
    lost = sum(1 for contact in started if contact not in seen)
    twice = sum(1 for count in seen.values() if count != 1)
    strange = sum(1 for contact in seen if contact not in started)
    per_minute = len(started) / len(memory)
    full = min(math.ceil(KEPT / per_minute), len(memory) - 1)
    growth = memory[-1] - memory[full]
    print(
        f"{len(started):,} contacts: {lost} without a record, {twice} with several, {strange} records of none"
    )
    line = {
        "benchmark": "emulator_soak",
        "value": round(growth, 1),
        "unit": f"MB of growth from minute {full + 1} to minute {len(memory)}",
        "peer": "the bound",
        "peer_value": MOST_GROWTH_MB,
        "ratio": round(MOST_GROWTH_MB / max(growth, 0.1), 1),
        "contacts": len(started),
        "lost": lost,
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
    }
    print(json.dumps(line))
    if lost or twice or strange or growth > MOST_GROWTH_MB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
