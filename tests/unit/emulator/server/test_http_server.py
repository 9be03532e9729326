"""HTTP on one connection: what goes in as bytes, what comes out, in which order."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.messages import Response
from busyhour.emulator.server import http_server
from busyhour.emulator.server.http_server import Connection
from busyhour.emulator.server.responses import Stamp


class Transport:
    """Remembers what was written; `closed` and `reading` as a real one would have it."""

    def __init__(self):
        self.written = b""
        self.closed = False
        self.reading = True
        self.protocol = None

    def write(self, data):
        assert not self.closed, "written to after the end"
        self.written += data

    def close(self):
        if not self.closed:
            self.closed = True
            self.protocol.connection_lost(None)

    abort = close

    def pause_reading(self):
        assert self.reading
        self.reading = False

    def resume_reading(self):
        assert not self.reading
        self.reading = True


class Line:
    """A connection whose requests are answered by `handler`."""

    def __init__(self, handler):
        ids = itertools.count(1)
        self.transport = Transport()
        self.open = set()
        self.connection = Connection(handler, lambda: f"id-{next(ids)}", Stamp(), self.open)
        self.transport.protocol = self.connection
        self.connection.connection_made(self.transport)

    def send(self, data):
        self.connection.data_received(data)

    def bodies(self):
        return [part.split(b"HTTP/1.1 ")[0] for part in self.transport.written.split(b"\r\n\r\n")[1:]]

    def statuses(self):
        return [int(part[:3]) for part in self.transport.written.split(b"HTTP/1.1 ")[1:]]


def echo(request):
    return Response(200, f"{request.method} {request.path} {request.query} {request.body.decode()}".encode())


def ask(path="/", body=b"", method="POST", *more):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_request_is_taken_apart_and_answered_with_its_id_and_a_date():
    line = Line(echo)
    line.send(ask("/a%20b?x=1&y", b"body"))
    assert line.bodies() == [b"POST /a%20b x=1&y body"]
    head = line.transport.written.split(b"\r\n\r\n")[0].lower()
    assert b"x-amzn-requestid: id-1" in head
    assert b"\r\ndate: " in head
    assert b"content-length: 22" in head
    assert not line.transport.closed


@given(st.data())
def test_it_does_not_matter_how_the_bytes_are_cut(data):
    raw = ask("/1", b"one") + ask("/2") + ask("/3", b"three" * 50)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    line = Line(echo)
    for start, end in itertools.pairwise([0, *cuts, len(raw)]):
        line.send(raw[start:end])
    assert line.bodies() == [b"POST /1  one", b"POST /2  ", b"POST /3  " + b"three" * 50]


def test_answers_that_take_time_leave_in_the_order_of_the_requests():
    async def main():
        gates = {"/1": asyncio.Event(), "/2": asyncio.Event()}

        def handler(request):
            async def later():
                await gates[request.path].wait()
                return echo(request)

            return later() if request.path in gates else echo(request)

        line = Line(handler)
        line.send(ask("/1") + ask("/2") + ask("/3"))
        gates["/2"].set()
        await asyncio.sleep(0.01)
        assert line.bodies() == []
        gates["/1"].set()
        await asyncio.sleep(0.01)
        return line.bodies()

    assert asyncio.run(main()) == [b"POST /1  ", b"POST /2  ", b"POST /3  "]


def test_after_connection_close_the_answer_goes_out_and_nothing_else_is_taken():
    line = Line(echo)
    line.send(ask("/1", b"", "POST", "Connection: close") + ask("/2"))
    assert line.bodies() == [b"POST /1  "]
    assert b"connection: close" in line.transport.written
    assert line.transport.closed
    assert line.open == set()


def test_http_1_0_closes_unless_asked_to_stay():
    line = Line(echo)
    line.send(b"GET / HTTP/1.0\r\n\r\n")
    assert line.transport.closed


def test_what_was_asked_before_the_client_fell_silent_is_still_answered():
    async def main():
        async def later(request):
            await asyncio.sleep(0.01)
            return echo(request)

        line = Line(lambda request: later(request))
        line.send(ask("/1") + ask("/2"))
        assert line.connection.eof_received() is True
        await asyncio.sleep(0.1)
        assert line.transport.closed
        return line.bodies()

    assert asyncio.run(main()) == [b"POST /1  ", b"POST /2  "]


def test_a_client_that_goes_away_cancels_what_is_being_answered():
    async def main():
        cancelled = []

        async def never(request):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                cancelled.append(request.path)
                raise
            return echo(request)

        line = Line(lambda request: never(request))
        line.send(ask("/1"))
        await asyncio.sleep(0)
        line.transport.close()
        await asyncio.sleep(0.01)
        return cancelled, line.transport.written

    assert asyncio.run(main()) == (["/1"], b"")


def test_a_stopping_server_lets_the_last_answer_out():
    async def main():
        async def later(request):
            await asyncio.sleep(0.01)
            return echo(request)

        busy, idle = Line(lambda request: later(request)), Line(echo)
        busy.send(ask("/1"))
        busy.connection.end()
        idle.connection.end()
        assert idle.transport.closed
        assert not busy.transport.closed
        await asyncio.sleep(0.05)
        assert busy.transport.closed
        return busy.bodies()

    assert asyncio.run(main()) == [b"POST /1  "]


def test_a_body_announced_with_expect_is_asked_for():
    line = Line(echo)
    line.send(b"PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert line.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.send(b"ok")
    assert line.statuses() == [100, 200]


def test_the_answer_to_head_has_no_body():
    line = Line(echo)
    line.send(ask("/1", b"", "HEAD"))
    assert line.bodies() == [b""]


@pytest.mark.parametrize(
    "raw", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n"]
)
def test_what_is_no_http_is_answered_with_400_and_the_connection_ends(raw):
    line = Line(echo)
    line.send(raw)
    assert line.statuses() == [400]
    assert line.transport.closed


def test_a_request_for_another_protocol_is_answered_in_this_one():
    line = Line(echo)
    line.send(b"GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert line.statuses() == [200]
    assert line.transport.closed


def test_headers_beyond_the_bound_are_refused():
    line = Line(echo)
    line.send(b"GET / HTTP/1.1\r\n" + b"x: %b\r\n" % (b"y" * 50_000) * 2 + b"\r\n")
    assert line.statuses() == [431]
    assert line.transport.closed


def test_a_body_beyond_the_bound_is_dropped_and_refused(monkeypatch):
    monkeypatch.setattr(http_server, "MAX_BODY_BYTES", 10)
    line = Line(echo)
    line.send(ask("/1", b"x" * 11))
    assert line.statuses() == [413]
    assert line.transport.closed


HEAD = b"POST / HTTP/1.1\r\nhost: x\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
ENDLESS = {
    "request line": (b"GET /", b"a"),
    "method": (b"G", b"E"),
    "name of a header": (HEAD, b"a"),
    "value of a header": (HEAD + b"a: ", b"b"),
    "blanks before a value": (HEAD + b"a:", b" "),
    "headers": (HEAD, b"a: b\r\n"),
    "empty headers": (HEAD, b"a:\r\n"),
    "lines before a request": (b"", b"\r\n"),
    "extension of a chunk": (CHUNKED + b"1;", b"a"),
    "size of a chunk": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"0\r\n", b"a: b\r\n"),
    "one trailer": (CHUNKED + b"0\r\na: ", b"b"),
    "body": (HEAD + b"content-length: 99999999999\r\n\r\n", b"b"),
    "chunks": (CHUNKED, b"1\r\na\r\n"),
}


@pytest.mark.parametrize("where", ENDLESS)
def test_a_request_without_end_is_refused_and_the_connection_ends(where, monkeypatch):
    monkeypatch.setattr(http_server, "MAX_BODY_BYTES", 50_000)
    monkeypatch.setattr(http_server, "DROPPED_BODY_BYTES", 100_000)
    begin, more = ENDLESS[where]
    line = Line(echo)
    line.send(ask("/1") + begin)
    sent = 0
    while not line.transport.closed and sent < 1_000_000:
        line.send(more * 1000)
        sent += 1000 * len(more)
    assert line.transport.closed
    first, *rest = line.statuses()
    assert first == 200
    assert rest in ([400], [413], [431])
    assert sent <= 700_000


def test_a_request_that_does_not_arrive_in_time_is_refused(monkeypatch):
    now = time.monotonic()
    line = Line(echo)
    line.connection.expire(now + 1000)
    assert not line.transport.closed, "no request has begun"
    line.send(ask("/1") + HEAD)
    line.connection.expire(now + 59)
    assert not line.transport.closed
    line.send(b"a: b\r\n")
    line.connection.expire(time.monotonic() + 60)
    assert line.transport.closed
    assert line.statuses() == [200, 408]


def test_a_client_that_is_not_read_from_is_not_too_slow():
    line = Line(echo)
    line.send(HEAD)
    line.connection.pause_writing()
    line.connection.expire(time.monotonic() + 1000)
    line.connection.resume_writing()
    assert not line.transport.closed


@pytest.mark.parametrize("after", [b"nonsense\r\n\r\n", ask("/2", b"x" * 11)])
def test_what_was_asked_before_a_bad_request_is_answered_first(monkeypatch, after):
    monkeypatch.setattr(http_server, "MAX_BODY_BYTES", 10)

    async def main():
        async def later(request):
            await asyncio.sleep(0.01)
            return echo(request)

        line = Line(lambda request: later(request))
        line.send(ask("/1") + after)
        await asyncio.sleep(0.05)
        assert line.transport.closed
        return line.statuses()

    assert asyncio.run(main())[0] == 200


def test_a_client_that_asks_too_much_at_once_is_read_from_again_when_it_was_answered():
    async def main():
        gate = asyncio.Event()

        async def later(request):
            await gate.wait()
            return echo(request)

        line = Line(lambda request: later(request) if request.path == "/0" else echo(request))
        line.send(b"".join(ask(f"/{number}") for number in range(100)))
        assert not line.transport.reading
        gate.set()
        await asyncio.sleep(0.01)
        assert line.transport.reading
        return len(line.bodies())

    assert asyncio.run(main()) == 100


def test_a_client_that_does_not_read_is_not_read_from():
    line = Line(echo)
    line.connection.pause_writing()
    assert not line.transport.reading
    line.connection.resume_writing()
    assert line.transport.reading


def test_a_header_that_would_split_the_answer_is_left_out():
    line = Line(lambda request: Response(200, b"x", headers={"a": "1\r\nevil: 2", "b": "3"}))
    line.send(ask())
    assert b"evil" not in line.transport.written
    assert b"b: 3\r\n" in line.transport.written


def test_an_answer_that_fails_ends_in_a_500(caplog):
    async def main():
        async def broken(request):
            raise RuntimeError("no")

        line = Line(lambda request: broken(request))
        line.send(ask())
        await asyncio.sleep(0.01)
        return line

    with caplog.at_level(logging.CRITICAL):
        line = asyncio.run(main())
    assert line.statuses() == [500]
    assert line.transport.closed
