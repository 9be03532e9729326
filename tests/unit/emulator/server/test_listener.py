"""The server over real sockets: readiness, ports, malformed HTTP, large bodies, the end."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from busyhour.emulator.app import build
from busyhour.emulator.server import http_server
from busyhour.emulator.server.listener import listen, running
from busyhour.errors import BusyhourError


@pytest.fixture(scope="module")
def url():
    with running(build()) as url:
        yield url


def fetch(url, data=None, method=None, headers=None):
    asked = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def exchange(url, raw, *, half_close=False):
    """Send bytes and read until the server closes; `half_close` says that nothing more will be sent."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(raw)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


def test_health_is_answered_with_a_request_id(url):
    status, headers, body = fetch(f"{url}/_busyhour/health")
    assert status == 200
    assert json.loads(body)["status"] == "ok"
    assert len(headers["x-amzn-requestid"]) == 36


def test_request_ids_differ(url):
    ids = {fetch(f"{url}/_busyhour/health")[1]["x-amzn-requestid"] for _ in range(20)}
    assert len(ids) == 20


def test_a_port_in_use_is_named_with_the_way_out():
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    try:
        with pytest.raises(BusyhourError, match=f"Port {port} .* in use") as error:
            listen("127.0.0.1", port)
        assert "--port" in error.value.hint
    finally:
        taken.close()


@pytest.mark.parametrize(
    ("host", "port"), [("256.1.1.1", 0), ("127.0.0.1", 99_999), ("no.such.host.invalid", 0)]
)
def test_an_address_that_cannot_be_had_is_named(host, port):
    with pytest.raises(BusyhourError, match=host.replace(".", r"\.")):
        listen(host, port)


def test_after_the_end_nobody_listens_and_no_thread_is_left():
    before = set(threading.enumerate())
    with running(build()) as url:
        host, port = url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1).close()
    left = [thread.name for thread in set(threading.enumerate()) - before]
    assert "busyhour-emulator" not in left


def test_an_emulator_that_cannot_start_says_why():
    class Broken:
        router = None

        async def start(self, url):
            raise BusyhourError("the table is broken")

        async def stop(self):
            pass

    with pytest.raises(BusyhourError, match="the table is broken"), running(Broken()):
        pass


def test_one_connection_carries_many_requests(url):
    ask = b"GET /_busyhour/health HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    received = exchange(url, ask % b"" * 2 + ask % b"Connection: close\r\n")
    assert received.count(b"HTTP/1.1 200") == 3


def test_a_chunked_body_is_put_together(url):
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b'{"calle', b'r": "+1"', b', "x": 1}'))
    head = b"POST /_busyhour/inbound HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    received = exchange(url, head + body + b"0\r\n\r\n")
    assert b"HTTP/1.1 400" in received
    assert b"unknown key" in received


def test_a_body_beyond_the_bound_is_refused_as_too_large(url, monkeypatch):
    monkeypatch.setattr(http_server, "MAX_BODY_BYTES", 100_000)
    status, headers, _ = fetch(
        f"{url}/contact/outbound-voice", b"x" * 200_000, "PUT", {"Content-Type": "application/json"}
    )
    assert (status, headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300))
def test_bytes_that_are_no_http_never_get_a_5xx(url, raw):
    received = exchange(url, raw, half_close=True)
    assert not received.startswith(b"HTTP/1.1 5")


pieces = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=20)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD"]),
    path=st.one_of(
        pieces, st.sampled_from(["/contact/stop", "/2015-03-31/functions/f/invocations", "/instance"])
    ),
    service=st.sampled_from(["connect", "dynamodb", "lambda", "servicequotas", "monitoring", "sts", "", "x"]),
    target=st.sampled_from(
        ["", "DynamoDB_20120810.GetItem", "ServiceQuotasV20190624.GetServiceQuota", "a.b"]
    ),
    kind=st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "application/cbor"]),
    body=st.binary(max_size=100),
)
def test_requests_with_any_path_service_and_body_never_get_a_5xx(
    url, method, path, service, target, kind, body
):
    path = "/" + path.lstrip("/").replace(" ", "%20")
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Content-Length: {len(body)}",
    ]
    if service:
        scope = f"AKID/20260101/us-east-1/{service}/aws4_request"
        lines.append(f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    lines += [f"X-Amz-Target: {target}"] * bool(target) + [f"Content-Type: {kind}"] * bool(kind)
    received = exchange(url, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    assert received.startswith(b"HTTP/1.1 ")
    # 501 is moto's own word for an operation that it does not have; nothing else of 500 and above is right.
    assert received.startswith(b"HTTP/1.1 501") or not received.startswith(b"HTTP/1.1 5"), received[:600]


def test_web_pages_are_not_served(url):
    """CORS is off: no answer allows another origin, a preflight is refused, and the admin API hears no page."""
    page = {"Origin": "https://example.com"}
    status, headers, _ = fetch(f"{url}/contact/outbound-voice", method="OPTIONS", headers=page)
    assert status in (403, 404)
    assert not [name for name in headers if name.lower().startswith("access-control")]
    status, headers, _ = fetch(f"{url}/_busyhour/reset", data=b"", headers=page)
    assert status == 403
    assert not [name for name in headers if name.lower().startswith("access-control")]
