"""StartOutboundVoiceContact requests a second over HTTP on one core: the emulator beside moto_server.

moto has no operation that starts a contact. It is measured with the nearest that it has, DescribeInstance, which reads
one record and starts nothing; the emulator checks the request against botocore's model, takes tokens, admits the call
and runs it through its flow while the next request comes in. Each server is one process on core 0, the client is on
core 1 (where there are two). Both get signed-looking requests over 16 keep-alive connections, each sent when the one
before was answered; every status is checked. The figure is requests for each second of CPU that the server spent, so
that whatever else the machine does counts for little (where the system does not tell: requests a second). Then the
emulator gets half of its own rate on an even schedule, for the latency from the intended start: over the half seconds in
which the hypervisor took nothing from either core (`support/stolen.py`; how many those were is said), and over all. About
a minute, loopback only, at most MOST_REQUESTS contacts at a time.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).parent / "support"))
import stolen
from http_drive import closed_loop, emulator, open_loop, percentile_ms, pin, request, run, server

SECONDS = 5.0
MOST_ROUNDS = 8
WINDOW = 0.5
ENOUGH = 10.0
"""Seconds in which nothing was stolen that are enough for the latency."""
WARM_UP = 1.0


def emulator_rate() -> float:
    """The emulator's rate; prints the latency at half of it."""
    with emulator() as running:
        count = 0

        def start_contact() -> bytes:
            nonlocal count
            count += 1
            return running.start_contact(count)

        run(closed_loop(running.port, start_contact, WARM_UP, running.pid))
        rate, per_core = run(closed_loop(running.port, start_contact, SECONDS, running.pid))
        print(f"emulator: {rate:,.0f} StartOutboundVoiceContact/s, {per_core:,.0f} a second of CPU")
        every: list[tuple[float, float]] = []
        quiet: list[float] = []
        windows = 0
        for _ in range(MOST_ROUNDS):
            with stolen.Watch({0, 1}) as watch:
                timed = run(open_loop(running.port, start_contact, rate / 2, SECONDS))
            every += timed
            here = {start // WINDOW for start, _ in timed}
            here = {window for window in here if watch.quiet(window * WINDOW, (window + 1) * WINDOW)}
            quiet += [latency for start, latency in timed if start // WINDOW in here]
            windows += len(here)
            if windows * WINDOW >= ENOUGH:
                break
        of_all = percentile_ms((latency for _, latency in every), 0.99)
        print(f"emulator at half that rate, {len(every):,} requests: p99 {of_all:.2f} ms", end="; ")
        if quiet:
            p50, p99 = (percentile_ms(quiet, share) for share in (0.5, 0.99))
            print(f"in {windows * WINDOW} s in which nothing was stolen: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
        else:
            print("there was no half second in which nothing was stolen")
        return per_core


def moto_rate() -> float:
    """moto_server's rate of DescribeInstance."""
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
        raw = request("GET", f"/instance/{made['Id']}")
        run(closed_loop(port, lambda: raw, WARM_UP, process.pid))
        rate, per_core = run(closed_loop(port, lambda: raw, SECONDS, process.pid))
        print(f"moto_server: {rate:,.0f} DescribeInstance/s, {per_core:,.0f} a second of CPU")
        return per_core


def main() -> None:
    """Measure both and print the comparison."""
    pin(1)
    ours, theirs = emulator_rate(), moto_rate()
    line = {
        "benchmark": "emulator_vs_moto_start",
        "value": round(ours),
        "unit": "StartOutboundVoiceContact per CPU second",
        "peer": "moto_server DescribeInstance per CPU second (moto starts no contacts)",
        "peer_value": round(theirs),
        "ratio": round(ours / theirs, 1),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
