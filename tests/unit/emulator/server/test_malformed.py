"""Any bytes get an HTTP response, and none of them makes the emulator fail."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging

import httptools
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from busyhour.emulator.app import build
from busyhour.emulator.server.http_server import Connection
from busyhour.emulator.server.listener import Application
from busyhour.emulator.server.responses import Stamp

EXAMPLES = [60, pytest.param(2_000, marks=pytest.mark.slow)]
SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def asked(method, path, body=b"", service="", **headers):
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    if service:
        lines.append(f"authorization: {SCOPE.format(service)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def target(service, version, operation, body):
    return asked("POST", "/", json.dumps(body).encode(), service, x_amz_target=f"{version}.{operation}")


TEMPLATES = [
    asked("PUT", "/contact/outbound-voice", b'{"InstanceId": "i", "ContactFlowId": "f"}', "connect"),
    asked("GET", "/contact-flows-summary/i?maxResults=10", service="connect"),
    asked("POST", "/2015-03-31/functions/f/invocations", b"{}", "lambda"),
    asked("GET", "/2015-03-31/functions/?MaxItems=5&Marker=MQ%3D%3D", service="lambda"),
    asked("POST", "/2015-03-31/functions", b'{"FunctionName": "f", "Role": "r", "Code": {}}', "lambda"),
    target("dynamodb", "DynamoDB_20120810", "GetItem", {"TableName": "tab", "Key": {"k": {"S": "1"}}}),
    target("dynamodb", "DynamoDB_20120810", "CreateTable", {"TableName": "tab", "KeySchema": []}),
    target("servicequotas", "ServiceQuotasV20190624", "GetServiceQuota", {"ServiceCode": "connect"}),
    target("monitoring", "GraniteServiceVersion20100801", "ListMetrics", {"Namespace": "AWS/Connect"}),
    asked("POST", "/service/G/operation/ListMetrics", b"\xa0", "monitoring", smithy_protocol="rpc-v2-cbor"),
    asked("POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", "sts",
          content_type="application/x-www-form-urlencoded"),
    asked("POST", "/bots/B234567890/botAliases/a/botLocales/en_US/sessions/ss/text", b'{"text": "hi"}', "lex"),
    asked("GET", "/_busyhour/records?after=0&limit=5"),
    asked("POST", "/_busyhour/faults", b"[]"),
    asked("POST", "/_busyhour/inbound", b'{"flow": "none"}'),
    b"POST /contact/stop HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
]  # fmt: skip

splinter = st.one_of(
    st.binary(min_size=1, max_size=6),
    st.sampled_from(
        [
            *(
                b"\r\n",
                b"\r\n\r\n",
                b"\x00",
                b"%",
                b"%ff",
                b"//",
                b"../",
                b"?",
                b"{",
                b"}",
                b'"',
                b"null",
                b"[" * 50,
            ),
            *(
                b"-1",
                b"1e999",
                b"\xff\xfe",
                b"content-length: 5\r\n",
                b"transfer-encoding: chunked\r\n",
                b": ",
            ),
            *(b"expect: 100-continue\r\n", b"upgrade: websocket\r\nconnection: upgrade\r\n", b"X" * 300),
        ]
    ),
)


@st.composite
def spoilt(draw):
    """A request with bytes put in, taken out, or doubled."""
    data = bytearray(draw(st.sampled_from(TEMPLATES)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["insert", "delete", "replace", "double"])):
            case "insert":
                data[at:at] = draw(splinter)
            case "delete":
                del data[at : at + draw(st.integers(1, 20))]
            case "replace":
                data[at : at + 2] = draw(splinter)
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 40))]
    return bytes(data)


stream = st.lists(spoilt() | st.sampled_from(TEMPLATES) | st.binary(max_size=40), min_size=1, max_size=4)


class Transport:
    """Remembers what was written."""

    def __init__(self):
        self.written = b""
        self.closed = False

    def write(self, data):
        assert not self.closed, "written to after the end"
        self.written += data

    def close(self):
        self.closed = True

    abort = close

    def pause_reading(self):
        pass

    resume_reading = pause_reading


class Answers:
    """Takes a stream of responses apart."""

    def __init__(self, data):
        self.statuses, self.types = [], []
        parser = None
        for part in data.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").split(b"HTTP/1.1 ")[1:]:
            parser = httptools.HttpResponseParser(self)
            parser.feed_data(b"HTTP/1.1 " + part)
            self.statuses.append(parser.get_status_code())

    def on_header(self, name, value):
        if name.lower() == b"content-type":
            self.types.append(value.decode())


@pytest.fixture(scope="module")
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def application(loop):
    emulator = build(
        quotas={"lambda.all-other-operations.rate": 1e6, "lex.concurrent-text-conversations": 1e6}
    )
    loop.run_until_complete(emulator.start("http://127.0.0.1:9"))
    yield Application(emulator)
    loop.run_until_complete(emulator.stop())


@pytest.mark.parametrize("examples", EXAMPLES)
def test_no_bytes_make_the_emulator_fail(application, loop, caplog, examples):
    ids = itertools.count()

    async def exchange(parts, cuts):
        transport = Transport()
        connection = Connection(application, lambda: f"id-{next(ids)}", Stamp(), set())
        connection.connection_made(transport)
        data = b"".join(parts)
        for begin, end in itertools.pairwise([0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]):
            if not transport.closed:
                connection.data_received(data[begin:end])
        for _ in range(400):
            if connection.idle():
                break
            await asyncio.sleep(0.005)
        assert connection.idle(), "a request was never answered"
        connection.connection_lost(None)
        return transport.written

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(stream, st.lists(st.integers(0, 10_000), max_size=4))
    def send(parts, cuts):
        caplog.clear()
        answers = Answers(loop.run_until_complete(exchange(parts, cuts)))
        assert all(200 <= status < 500 for status in answers.statuses), answers.statuses
        failures = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        assert not failures, failures

    send()
