"""StartOutboundVoiceContact requests a second over HTTP on one core: the emulator beside moto_server.

moto has no operation that starts a contact. It is measured with the nearest that it has, DescribeInstance, which reads
one record and starts nothing; the emulator checks the request against botocore's model, takes tokens, admits the call
and runs it through its flow while the next request comes in. Each server is one process on core 0, the client is on
core 1 (where there are two). Both get signed-looking requests over 16 keep-alive connections, each sent when the one
before was answered; every status is checked. They are driven in turn, the emulator from when as many contacts end as
begin. The figure is the median of requests for each second of CPU that the server spent, so that what else the machine
does counts for little (where the system does not tell: requests a second). Then the emulator gets half of its own rate on an even schedule, for the latency from the intended start: over the half seconds in
which the hypervisor took nothing from either core (`support/stolen.py`; their number is printed), and over all. About two
minutes, loopback only.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import boto3
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).parent / "support"))
import stolen
from http_drive import Running, closed_loop, emulator, open_loop, percentile_ms, pin, request, run, server

ROUNDS = 5
SECONDS = 4.0
CONTACT_SECONDS = 10.0
"""A contact lasts 8 s: from then on as many end as begin."""
MOST_ROUNDS = 8
WINDOW = 0.5
ENOUGH = 10.0
"""Seconds in which nothing was stolen that are enough for the latency."""


@contextlib.contextmanager
def moto() -> Iterator[tuple[int, int, bytes]]:
    """moto_server: its process id, its port, and a request for DescribeInstance."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with server("moto.server", "-H", "127.0.0.1", "-p", str(port)) as process:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        client = boto3.client(
            "connect",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="none",
            config=Config(retries={"total_max_attempts": 1}),
        )
        made = client.create_instance(
            IdentityManagementType="CONNECT_MANAGED", InboundCallsEnabled=True, OutboundCallsEnabled=True
        )
        yield process.pid, port, request("GET", f"/instance/{made['Id']}")


def latency(running: Running, start_contact: Callable[[], bytes], rate: float) -> None:
    """Print the latency at `rate`."""
    every: list[tuple[float, float]] = []
    quiet: list[float] = []
    windows = 0
    for _ in range(MOST_ROUNDS):
        with stolen.Watch({0, 1}) as watch:
            timed = run(open_loop(running.port, start_contact, rate, SECONDS))
        every += timed
        here = {start // WINDOW for start, _ in timed}
        here = {window for window in here if watch.quiet(window * WINDOW, (window + 1) * WINDOW)}
        quiet += [latency for start, latency in timed if start // WINDOW in here]
        windows += len(here)
        if windows * WINDOW >= ENOUGH:
            break
    of_all = percentile_ms((latency for _, latency in every), 0.99)
    print(f"emulator at {rate:,.0f}/s, {len(every):,} requests: p99 {of_all:.2f} ms", end="; ")
    if quiet:
        p50, p99 = (percentile_ms(quiet, share) for share in (0.5, 0.99))
        print(f"in {windows * WINDOW} s in which nothing was stolen: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    else:
        print("there was no half second in which nothing was stolen")


def main() -> None:
    """Measure both in turn and print the comparison."""
    pin(1)
    count = 0
    with emulator() as running, moto() as (moto_pid, moto_port, describe):

        def start_contact() -> bytes:
            nonlocal count
            count += 1
            return running.start_contact(count)

        run(closed_loop(running.port, start_contact, CONTACT_SECONDS, running.pid))
        run(closed_loop(moto_port, lambda: describe, 1.0, moto_pid))
        ours, theirs, rates = [], [], []
        for _ in range(ROUNDS):
            rate, per_core = run(closed_loop(running.port, start_contact, SECONDS, running.pid))
            rates.append(rate)
            ours.append(per_core)
            theirs.append(run(closed_loop(moto_port, lambda: describe, SECONDS, moto_pid))[1])
            print(
                f"a second of CPU: emulator {per_core:,.0f} StartOutboundVoiceContact, "
                f"moto_server {theirs[-1]:,.0f} DescribeInstance"
            )
        time.sleep(CONTACT_SECONDS)  # until those of the last round have ended
        latency(running, start_contact, median(rates) / 2)
    line = {
        "benchmark": "emulator_vs_moto_start",
        "value": round(median(ours)),
        "unit": "StartOutboundVoiceContact per CPU second",
        "peer": "moto_server DescribeInstance per CPU second (moto starts no contacts)",
        "peer_value": round(median(theirs)),
        "ratio": round(median(ours) / median(theirs), 1),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
