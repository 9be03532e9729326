"""`busyhour emulator` as a process: killed while it saves, given damaged state, spoken to by who means no good."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config

EMULATOR = (sys.executable, "-m", "busyhour", "emulator", "--port", "0")
SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
TABLE = {
    "TableName": "kept",
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


class Process:
    """A running emulator; what it wrote to standard error is kept."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ready, self.errors = folder / "ready.json", folder / "errors.txt"
        self.ready.unlink(missing_ok=True)
        with self.errors.open("w") as errors:
            self.child = subprocess.Popen(
                [*EMULATOR, "--ready-file", str(self.ready), *options],
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        deadline = time.monotonic() + 60
        while not self.ready.exists():
            assert self.child.poll() is None, self.errors.read_text()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.02)
        self.url = json.loads(self.ready.read_text())["url"]
        self.port = int(self.url.rpartition(":")[2])

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="AKID",
            aws_secret_access_key="s",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )

    def save(self) -> None:
        request = urllib.request.Request(
            f"{self.url}/_busyhour/state", b"{}", {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def end(self, how: int = signal.SIGTERM) -> int:
        self.child.send_signal(how)
        return self.child.wait(30)


@contextlib.contextmanager
def process(folder: Path, *options: str) -> Iterator[Process]:
    started = Process(folder, *options)
    try:
        yield started
    finally:
        if started.child.poll() is None:
            started.child.kill()
            started.child.wait(30)


@pytest.mark.slow
def test_what_was_saved_outlives_a_kill_in_the_middle_of_a_snapshot(tmp_path: Path):
    state, random, saved, written = tmp_path / "state", Random(7), 0, 0
    for round_ in range(4):
        with process(tmp_path, "--state", str(state)) as emulator:
            dynamodb = emulator.client("dynamodb")
            if round_ == 0:
                dynamodb.create_table(**TABLE)
                emulator.save()
            pages = dynamodb.get_paginator("scan").paginate(TableName="kept")
            found = {item["k"]["S"] for page in pages for item in page["Items"]}
            assert {str(number) for number in range(saved)} <= found
            # Large items, so that a snapshot takes its time.
            for _ in range(10):
                dynamodb.put_item(TableName="kept", Item={"k": {"S": str(written)}, "v": {"S": "x" * 60_000}})
                written += 1
            emulator.save()
            saved = written
            with socket.create_connection(("127.0.0.1", emulator.port)) as saving:
                saving.sendall(
                    b"POST /_busyhour/state HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}"
                )
                time.sleep(random.uniform(0.0, 0.01))
                assert emulator.end(signal.SIGKILL) == -signal.SIGKILL


@pytest.mark.slow
def test_damaged_state_ends_the_start_with_a_line_and_stays_as_it_is(tmp_path: Path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "state.json").write_bytes(b'{"format": 1, "parts": {"connect": [')
    done = subprocess.run(
        [*EMULATOR, "--state", str(state)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "error: --state" in done.stderr
    assert "Traceback" not in done.stderr
    assert (state / "state.json").read_bytes() == b'{"format": 1, "parts": {"connect": ['


@pytest.mark.slow
def test_a_second_emulator_is_told_that_the_folder_is_taken(tmp_path: Path):
    state = tmp_path / "state"
    with process(tmp_path, "--state", str(state)) as first:
        done = subprocess.run(
            [*EMULATOR, "--state", str(state)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode != 0
        assert f"another emulator keeps its state there, process {first.child.pid}" in done.stderr
        assert first.end() == 0
    assert (state / "state.json").exists()


def sent(port: int, data: bytes, *, half: bool = False) -> bytes:
    """What comes back for bytes; `half` ends the sending before the body is complete."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(data)
            if half:
                line.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            line.settimeout(2)
            while part := line.recv(65_536):
                answer += part
                if b"\r\n\r\n" in answer and not half:
                    break
        return answer


def asked(method: str, path: str, body: bytes = b"", service: str = "", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    if service:
        lines.append(f"authorization: {SCOPE.format(service)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode("latin-1") + body


NESTED = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
TARGETS = {
    "dynamodb": ("DynamoDB_20120810", "PutItem"),
    "servicequotas": ("ServiceQuotasV20190624", "GetServiceQuota"),
    "monitoring": ("GraniteServiceVersion20100801", "ListMetrics"),
}
BODIES = [
    *(b"", b"{", b"[]", b"null", b"1e999", b'"\\ud800"', b"\xff\xfe", b"\x00" * 100, NESTED, b"[" * 100_000),
    *(
        b'{"TableName": "tab", "Item": {"k": {"N": "' + b"9" * 100_000 + b'"}}}',
        b'{"a": 1' + b"0" * 5_000 + b"}",
    ),
]
PATHS = [
    *("/", "//", "/%", "/%ff%fe", "/..%2f..%2fetc/passwd", "/contact/../contact/stop", "/?" + "a=1&" * 5_000),
    *(
        "/2015-03-31/functions/%00/invocations",
        "/2015-03-31/functions/" + "f" * 9_000,
        "/\xff",
        "/_busyhour/nothing",
    ),
    *("/2015-03-31/functions/?MaxItems=-1", "/2015-03-31/functions/?MaxItems=1e9&Marker=%ff"),
    "/contact-flows-summary/i?maxResults=99999999999999999999&nextToken=%F0%9F%92%A9",
]


def hostile() -> Iterator[bytes]:
    for service, (version, operation) in TARGETS.items():
        for body in BODIES:
            yield asked("POST", "/", body, service, x_amz_target=f"{version}.{operation}")
        for target in ("", "x", f"{version}.Nothing", f"{version}.", ".", "a.b.c", "\x01" * 10, "T" * 5_000):
            yield asked("POST", "/", b"{}", service, x_amz_target=target)
        for kind in (
            "text/html",
            "application/x-www-form-urlencoded",
            "application/cbor",
            ";;;",
            "x" * 3_000,
        ):
            target = f"{version}.{operation}"
            yield asked("POST", "/", b"{}", service, x_amz_target=target, content_type=kind)
    for service in ("connect", "lambda", "lex", "execute-api", "sts", "nothing", ""):
        for path in PATHS:
            yield asked("GET", path, service=service)
        for body in BODIES:
            yield asked("PUT", "/contact/outbound-voice", body, service)
    yield asked("GET", "/", **{f"h{number}": "v" * 900 for number in range(200)})
    yield asked("GET", "/", long="v" * 300_000)
    yield b"GET / HTTP/9.9\r\n\r\n"
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # TLS instead of HTTP
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -5\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!"
    yield b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n"


@pytest.mark.slow
def test_whoever_speaks_to_it_however_gets_an_answer_of_http(tmp_path: Path):
    with process(tmp_path) as emulator:
        for data in hostile():
            answer = sent(emulator.port, data)
            assert answer.startswith(b"HTTP/1.1 "), (data[:200], answer[:100])
            assert 200 <= int(answer[9:12]) < 500, (data[:300], answer[:600])
        for number in range(0, 150, 7):
            sent(emulator.port, asked("POST", "/", b'{"x": 1}' * 5, "dynamodb")[:number], half=True)
        connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=10)
        connection.request("GET", "/_busyhour/health")
        assert connection.getresponse().status == 200
        connection.close()
        assert emulator.end() == 0
        said = emulator.errors.read_text()
        assert "Traceback" not in said
        assert "ERROR" not in said, said
