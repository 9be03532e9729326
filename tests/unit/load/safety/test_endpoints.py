"""Which endpoints need no safety gate."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
import urllib.error
import urllib.request

import pytest

from busyhour.emulator.app import build
from busyhour.emulator.server.listener import running
from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.safety import endpoints
from busyhour.shared_secret.emulator_token import VARIABLE

HEALTH = b'{"instance_arn": "arn:aws:connect:eu-west-2:123456789012:instance/i-7"}'
TOKEN = "0123456789abcdef0123"


@contextlib.contextmanager
def relayed(url, host):
    """A host that passes every request on to `url`, with the Host it received or with `host`; gives its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = urllib.request.Request(url + self.path, headers={"Host": host or self.headers["Host"]})
            try:
                with urllib.request.urlopen(asked, timeout=5) as answer:
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    status, body = error.code, error.read()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def refused(endpoint):
    with pytest.raises(BusyhourError) as caught:
        endpoints.check(endpoint)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "busyhour run SCENARIO --target aws --live" in caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_this_machine_is_free(host):
    endpoints.check(f"http://{host}:8080")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://connect.us-east-1.amazonaws.com",
        "https://CONNECT.us-east-1.amazonaws.com.",
        "https://connect-fips.us-gov-west-1.amazonaws.com:443/",
        "https://lambda.eu-west-2.api.aws",
        "https://dynamodb.cn-north-1.amazonaws.com.cn",
    ],
)
def test_aws_given_as_a_host_is_refused_and_not_even_asked(endpoint, monkeypatch):
    monkeypatch.setattr(endpoints, "identity", lambda endpoint: pytest.fail("asked"))
    assert "is AWS itself" in refused(endpoint)


@pytest.fixture
def elsewhere(monkeypatch):
    """Every endpoint counts as another machine's."""
    monkeypatch.setattr(endpoints, "on_loopback", lambda host: False)


def test_another_machine_is_refused_without_a_token_and_not_even_asked(fake_aws, elsewhere, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    fake_aws.answers["/_busyhour/health"] = (200, {}, HEALTH)
    assert "no token" in refused(fake_aws.url)
    assert endpoints.identity(fake_aws.url) == {}
    assert not fake_aws.requests


@pytest.mark.parametrize(
    "answer",
    [
        HEALTH,
        HEALTH[:-1] + b', "proof": ""}',
        HEALTH[:-1] + b', "proof": null}',
        HEALTH[:-1] + b', "proof": "' + TOKEN.encode() + b'"}',
        HEALTH[:-1] + b', "proof": "' + b"0" * 64 + b'"}',
        b"[" * 60_000,
        b" " * 100_000,
        b"\xff",
        b"",
    ],
    ids=lambda answer: repr(answer[-30:]),
)
def test_an_instance_arn_alone_is_no_proof(fake_aws, elsewhere, monkeypatch, answer):
    monkeypatch.setenv(VARIABLE, TOKEN)
    fake_aws.answers["/_busyhour/health"] = (200, {}, answer)
    assert "neither on this machine nor a busyhour emulator with the token" in refused(fake_aws.url)
    assert endpoints.identity(fake_aws.url) == {}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_emulator_is_not_followed(fake_aws, monkeypatch, status):
    monkeypatch.setenv(VARIABLE, TOKEN)
    with running(build(token=TOKEN)) as url:
        fake_aws.answers["/_busyhour/health"] = (status, {"Location": f"{url}/_busyhour/health"}, b"")
        assert endpoints.identity(url)
        assert endpoints.identity(fake_aws.url) == {}
        monkeypatch.setattr(endpoints, "on_loopback", lambda host: False)
        refused(fake_aws.url)


def test_another_machines_emulator_with_the_token_is_free(elsewhere, monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)
    emulator = build(token=TOKEN)
    with running(emulator) as url:
        endpoints.check(url)
        assert endpoints.identity(url) == {
            "BUSYHOUR_INSTANCE": emulator.state.account.instance_id,
            "BUSYHOUR_REGION": "us-east-1",
            "BUSYHOUR_ACCOUNT": emulator.state.account.account_id,
        }
        monkeypatch.setenv(VARIABLE, TOKEN[::-1])
        refused(url)


def test_an_emulator_without_the_token_is_refused(elsewhere, monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)
    with running(build()) as url:
        refused(url)


def test_a_host_that_passes_the_challenge_on_to_the_emulator_is_refused(elsewhere, monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **named: resolve("127.0.0.1", *more, **named)
    )
    with running(build(token=TOKEN)) as url, relayed(url, None) as port:
        endpoints.check(f"http://localhost:{port}")  # it relays well, under a name of the emulator
        refused(f"http://relay.example:{port}")
    with running(build(token=TOKEN)) as url, relayed(url, url.removeprefix("http://")) as port:
        refused(f"http://relay.example:{port}")


@pytest.mark.parametrize("answer", [b"no json", b"[]", b'{"instance_arn": 7}', b'{"instance_arn": "x"}'])
def test_who_answers_anything_else_is_not_the_emulator(fake_aws, answer):
    fake_aws.answers["/_busyhour/health"] = (200, {}, answer)
    assert endpoints.identity(fake_aws.url) == {}
