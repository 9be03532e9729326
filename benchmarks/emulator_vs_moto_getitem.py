"""DynamoDB GetItem requests a second over HTTP on one core: the emulator beside moto_server.

Each server is one process on core 0, the client is on core 1 (where there are two); they are driven in turn. The client
sends the same signed request over 16 keep-alive connections from one epoll loop, and reconnects where a server closes;
every answer is read whole and checked for the item. The figure is requests for each second of the server's CPU time, so
that other programs on the machine does not count; on a quiet machine it is the rate by the clock, which is printed
too. About 20 s in all, loopback only.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

CONNECTIONS = 16
ROUNDS = 3
SECONDS = 2.0
WARM_UP = 0.5
MOST_REQUESTS = 400_000
ITEM = {
    "pk": {"S": "customer#+12025550100"},
    "customerId": {"S": "C1000"},
    "firstName": {"S": "Grace"},
    "tier": {"S": "standard"},
    "calls": {"N": "12"},
}
EMULATOR = """
import asyncio, sys
from busyhour.emulator.app import build
from busyhour.emulator.server.listener import listen, run, serve, url_of

raised = {"L-CF0CBE56": 1e9, "dynamodb.partition-read-throughput": 1e9}
async def main():
    listener = listen("127.0.0.1", 0)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stopping.set)
    ready = lambda: print(url_of(listener), flush=True)
    await serve(build(quotas=raised), listener, on_ready=ready, stopping=stopping)

run(main)
"""


def pin(core: int) -> None:
    """Stay on one core, where the system can and has two."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


@contextlib.contextmanager
def emulator() -> Iterator[tuple[str, int]]:
    """The emulator in a process of its own, without throughput limits in the way."""
    process = subprocess.Popen(
        [sys.executable, "-c", EMULATOR],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: pin(0),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.stdin.close()
        process.wait(20)


@contextlib.contextmanager
def moto() -> Iterator[tuple[str, int]]:
    """moto_server as it is installed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: pin(0),
    )
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(20)


def fill(url: str) -> None:
    """Make the table and put the item."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="none",
        config=Config(retries={"total_max_attempts": 1}),
    )
    client.create_table(
        TableName="customers",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        WarmThroughput={"ReadUnitsPerSecond": 10_000_000, "WriteUnitsPerSecond": 4000},
    )
    client.put_item(TableName="customers", Item=ITEM)
    assert client.get_item(TableName="customers", Key={"pk": ITEM["pk"]})["Item"] == ITEM


def request_bytes(url: str) -> bytes:
    """The signed GetItem request as it goes over the wire."""
    body = json.dumps({"TableName": "customers", "Key": {"pk": ITEM["pk"]}}).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.GetItem",
        "Content-Length": str(len(body)),
        "Host": urlsplit(url).netloc,
    }
    request = AWSRequest("POST", url + "/", headers=headers, data=body)
    SigV4Auth(Credentials("AKIDEXAMPLE", "none"), "dynamodb", "us-east-1").add_auth(request)
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body


def cpu_seconds(pid: int) -> float:
    """CPU time of a process; the wall clock where the system has no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return time.perf_counter()
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def drive(url: str, pid: int) -> tuple[int, float, float]:
    """Checked answers, the server's CPU seconds and wall seconds of one round."""
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    message = request_bytes(url)
    selector = selectors.DefaultSelector()
    buffers: dict[socket.socket, bytearray] = {}

    def connect() -> None:
        connection = socket.create_connection(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        buffers[connection] = bytearray()
        connection.sendall(message)

    def drop(connection: socket.socket) -> None:
        selector.unregister(connection)
        del buffers[connection]
        connection.close()

    for _ in range(CONNECTIONS):
        connect()
    done, counting_from, begun, cpu_from = 0, 0.0, time.perf_counter(), 0.0
    while done < MOST_REQUESTS:
        now = time.perf_counter()
        if not counting_from and now - begun > WARM_UP:
            done, counting_from, cpu_from = 0, now, cpu_seconds(pid)
        if counting_from and now - counting_from > SECONDS:
            break
        for key, _ in selector.select(1.0):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            buffer = buffers[connection]
            data = connection.recv(65536)
            buffer += data
            complete = whole(buffer)
            if complete:
                if not buffer.startswith(b"HTTP/1.1 200") or b'"C1000"' not in buffer:
                    raise SystemExit(f"unexpected answer: {bytes(buffer[:400])!r}")
                done += 1
                closes = not data or b"connection: close" in bytes(buffer).lower()
                if closes:
                    drop(connection)
                    connect()
                else:
                    buffer.clear()
                    connection.sendall(message)
            elif not data:
                drop(connection)
                connect()
    cpu, seconds = cpu_seconds(pid) - cpu_from, time.perf_counter() - counting_from
    for connection in list(buffers):
        drop(connection)
    return done, cpu, seconds


def whole(buffer: bytearray) -> bool:
    """The buffer holds a response up to its Content-Length."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return False
    lower = bytes(buffer[:head]).lower()
    at = lower.find(b"content-length:")
    length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    return len(buffer) >= head + 4 + length


def main() -> None:
    pin(1)
    totals = {"moto_server": [0.0, 0.0, 0.0], "emulator": [0.0, 0.0, 0.0]}
    with moto() as peer, emulator() as ours:
        servers = {"moto_server": peer, "emulator": ours}
        for url, _ in servers.values():
            fill(url)
        for _ in range(ROUNDS):
            for name, (url, pid) in servers.items():
                totals[name] = [sum(pair) for pair in zip(totals[name], drive(url, pid), strict=True)]
    rates = {name: done / cpu for name, (done, cpu, _) in totals.items()}
    for name, (done, _, wall) in totals.items():
        print(
            f"{name}: {rates[name]:,.0f} GetItem per CPU second, {done / wall:,.0f} per second by the clock"
        )
    print(
        json.dumps(
            {
                "benchmark": "emulator_vs_moto_getitem",
                "value": round(rates["emulator"], 1),
                "unit": "requests/CPU s",
                "peer": "moto_server",
                "peer_value": round(rates["moto_server"], 1),
                "ratio": round(rates["emulator"] / rates["moto_server"], 1),
            }
        )
    )


if __name__ == "__main__":
    main()
