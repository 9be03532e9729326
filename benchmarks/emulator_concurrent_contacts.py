"""50,000 contacts at once in one emulator: memory of each, latency beside them, and a record of every one at the end.

The emulator runs in a process on core 0, the client on core 1. Contacts ring, are answered and wait in a queue that has
no agents; they are started at an even 2,000 a second. While all of them wait, DescribeContact is asked for 500 times a
second, of contacts all over the range. The peer is the memory of a sleeping asyncio task, the usual way to let a call
wait, without anything of the call. At the end the emulator is stopped; every ContactId must have exactly one record.
About a minute, loopback only; `--contacts N` takes fewer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).parent / "support"))
import stolen
from http_drive import Running, emulator, open_loop, percentile_ms, pin, request, run

START_RATE = 2_000.0
ASK_RATE = 500.0
ASK_SECONDS = 20.0
WINDOW = 0.5

FLOW = {
    "Version": "2019-10-30",
    "StartAction": "target",
    "Metadata": {"name": "Wait"},
    "Actions": [
        {
            "Identifier": "target",
            "Type": "UpdateContactTargetQueue",
            "Parameters": {"QueueId": "arn:aws:connect:us-east-1:123456789012:instance/i/queue/waiting"},
            "Transitions": {
                "NextAction": "wait",
                "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}],
            },
        },
        {
            "Identifier": "wait",
            "Type": "TransferContactToQueue",
            "Parameters": {},
            "Transitions": {
                "NextAction": "end",
                "Errors": [
                    {"NextAction": "end", "ErrorType": "QueueAtCapacity"},
                    {"NextAction": "end", "ErrorType": "NoMatchingError"},
                ],
            },
        },
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}
SCENARIO = """
drive = "voice"
seed = 1
[traffic]
direction = "outbound"
calls_per_hour = 3600
duration = "60s"
[flows]
files = ["wait.json"]
entry = "wait"
[callers]
answer = { distribution = "constant", mean = "1s" }
patience = { distribution = "constant", mean = "2h" }
talk = { distribution = "constant", mean = "1s" }
wrap_up = { distribution = "constant", mean = "1s" }
[queues.Waiting]
agents = 0
arn = "arn:aws:connect:us-east-1:123456789012:instance/i/queue/waiting"
"""


def resident(pid: int) -> int:
    """Memory that a process holds now, bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def sleeping_tasks(count: int) -> float:
    """Bytes of one sleeping task."""
    before = resident(os.getpid())
    tasks = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(count)]
    await asyncio.sleep(0.5)
    size = (resident(os.getpid()) - before) / count
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return size


def fill(running: Running, contacts: int) -> list[str]:
    """Start the contacts; their ids."""
    ids: list[str] = []
    number = 0

    def next_request() -> bytes:
        nonlocal number
        number += 1
        return running.start_contact(number, "Wait")

    run(
        open_loop(
            running.port,
            next_request,
            START_RATE,
            contacts / START_RATE,
            lambda body: ids.append(orjson.loads(body)["ContactId"]),
        )
    )
    return ids


def ask(running: Running, ids: list[str]) -> list[float]:
    """Latencies of DescribeContact while nothing was stolen from either core, s; prints those of all as well."""
    instance, at = running.facts["instance_id"], 0

    def next_request() -> bytes:
        nonlocal at
        at += 7_919  # a prime: all over the range
        return request("GET", f"/contacts/{instance}/{ids[at % len(ids)]}")

    with stolen.Watch({0, 1}) as watch:
        timed = run(open_loop(running.port, next_request, ASK_RATE, ASK_SECONDS))
    quiet = [
        latency
        for start, latency in timed
        if watch.quiet(start // WINDOW * WINDOW, (start // WINDOW + 1) * WINDOW)
    ]
    of_all = percentile_ms((latency for _, latency in timed), 0.99)
    print(
        f"DescribeContact, {len(timed):,} times: p99 {of_all:.2f} ms; {len(quiet):,} while nothing was stolen"
    )
    return quiet


def main() -> None:
    """Fill, ask, stop, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=50_000)
    contacts: int = parser.parse_args().contacts
    pin(1)
    peer = run(sleeping_tasks(contacts))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "wait.json").write_text(json.dumps(FLOW))
        scenario = Path(folder) / "wait.toml"
        scenario.write_text(SCENARIO)
        records = Path(folder) / "records.jsonl"
        more = ("--quota", "L-371095B8=1000000", "--records", str(records))
        with emulator(*more, flows=("--scenario", str(scenario))) as running:
            before = resident(running.pid)
            ids = fill(running, contacts)
            size = (resident(running.pid) - before) / len(ids)
            print(f"{len(ids):,} contacts at once, {size:,.0f} bytes each")
            quiet = ask(running, ids)
        seen = Counter(json.loads(line)["ContactId"] for line in records.open())
    missing = sum(1 for contact in ids if seen[contact] != 1)
    line = {
        "benchmark": "emulator_concurrent_contacts",
        "value": round(size),
        "unit": f"bytes for each of {len(ids):,} contacts in progress",
        "peer": "a sleeping asyncio task",
        "peer_value": round(peer),
        "ratio": round(peer / size, 2),
        "describe_p50_ms": round(percentile_ms(quiet, 0.5), 2) if quiet else None,
        "describe_p99_ms": round(percentile_ms(quiet, 0.99), 2) if quiet else None,
        "without_exactly_one_record": missing,
    }
    print(json.dumps(line))
    if missing:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
