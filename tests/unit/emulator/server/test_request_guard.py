"""Requests of web pages, and requests for hosts that the emulator is not, are refused on every path."""

from __future__ import annotations

import asyncio
import hmac
import json
import re

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.app import build
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.listener import Application, beyond_loopback, listen, running, serve, url_of
from busyhour.emulator.server.request_guard import RequestGuard
from busyhour.errors import BusyhourError
from busyhour.shared_secret import emulator_token

CREDENTIAL = "X-Amz-Credential=AKID/20260101/us-east-1/lambda/aws4_request"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
)
FORM = "application/x-www-form-urlencoded"
PATHS = [
    ("GET", "/_busyhour/snapshot"),
    ("POST", "/_busyhour/reset"),
    ("POST", "/2015-03-31/functions"),
    ("POST", "/2015-03-31/functions/f/invocations"),
    ("PUT", "/contact/outbound-voice"),
    ("POST", "/participant/message"),
    ("GET", "/"),
    ("OPTIONS", "/2015-03-31/functions"),
]
TOKEN = "0123456789abcdef0123"


@pytest.fixture(scope="module")
def emulator():
    return build()


def ask(emulator, method, path, guard=None, *, query="", body=b"", **headers):
    """The answer to a request."""
    named = {"host": "127.0.0.1:4580"} | {name.replace("_", "-"): value for name, value in headers.items()}
    found = Application(emulator, guard)(Request(method, path, query, named, body, "", "", "", "id"))

    async def awaited():
        return await found

    return found if isinstance(found, Response) else asyncio.run(awaited())


def refused(answer):
    return (
        answer.status == 403
        and b"AccessDenied" in answer.body + answer.headers.get("x-amzn-errortype", "").encode()
    )


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://localhost:8000"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:4580"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "anything"},
        {"content_type": FORM},
        {"content_type": f"{FORM.upper()}; charset=utf-8"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "text/plain;charset=UTF-8"},
        {"host": "evil.example"},
        {"host": "evil.example:4580"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example"},
        {"host": "evil.localhost"},
        {"host": "0.0.0.0:4580"},
        {"host": "10.0.0.1"},
        {"host": "localhost, evil.example"},
        {"host": "evil@localhost"},
        {"host": ""},
    ],
    ids=str,
)
def test_what_a_page_can_send_is_refused_on_every_path(emulator, method, path, headers):
    assert refused(ask(emulator, method, path, **headers))
    assert refused(ask(emulator, method, path, query=CREDENTIAL, **headers))


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:4580", "localhost.", "127.0.0.1", "127.9.9.9:1", "[::1]:4580"]
)
def test_loopback_by_any_name_is_served(emulator, host):
    assert ask(emulator, "GET", "/_busyhour/health", host=host).status == 200


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_a_page_that_the_user_opened_is_served(emulator, site):
    assert ask(emulator, "GET", "/_busyhour/health", sec_fetch_site=site).status == 200


def test_a_signed_form_is_served_as_boto3_sends_it_to_sts(emulator):
    with running(emulator) as url:
        sts = boto3.client("sts", endpoint_url=url, region_name="us-east-1", aws_access_key_id="k",
                           aws_secret_access_key="s")  # fmt: skip
        assert sts.get_caller_identity()["Account"] == emulator.state.account.account_id


def test_a_name_that_was_given_is_served_and_no_other(emulator):
    guard = RequestGuard(["CI.example", "10.0.0.5", "fd00::5"])
    for host, status in [
        ("ci.example:80", 200),
        ("10.0.0.5", 200),
        ("[FD00::5]:4580", 200),
        ("ci.example.org", 403),
    ]:
        assert ask(emulator, "GET", "/_busyhour/health", guard, host=host).status == status


@pytest.mark.parametrize("name", ["", "http://ci.example", "ci.example:80", "*", "a b", "a/b", "*.example"])
def test_what_is_not_a_host_name_is_named(name):
    with pytest.raises(BusyhourError, match="not a host name") as error:
        RequestGuard([name])
    assert repr(name) in error.value.message


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "null",
        "localhost:8080",
        "http://a/b",
        "ftp://a",
        "http://*.example",
        "http://u@a",
        "http://a:x",
    ],
)
def test_what_is_not_an_origin_is_named(origin):
    with pytest.raises(BusyhourError, match="not an origin"):
        RequestGuard(origins=[origin])


def test_an_allowed_origin_has_the_participant_api_and_nothing_else(emulator):
    guard = RequestGuard(origins=["https://Shop.example:443/"])
    page = {"origin": "https://shop.example", "sec_fetch_site": "cross-site"}
    answer = ask(emulator, "POST", "/participant/message", guard, body=b"{}", **page)
    assert b"the token is not valid" in answer.body
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    for method, path in PATHS:
        if not path.startswith("/participant/"):
            assert refused(ask(emulator, method, path, guard, **page))
    for other in ("http://shop.example", "https://shop.example:8443", "https://evil.example", "null"):
        assert refused(ask(emulator, "POST", "/participant/message", guard, origin=other))
    # No signature, target or path makes it another service's request.
    aimed = ask(
        emulator, "POST", "/participant/message", guard, body=b"{}", authorization=SIGNED.format("dynamodb"),
        x_amz_target="DynamoDB_20120810.ListTables", **page,
    )  # fmt: skip
    assert b"the token is not valid" in aimed.body
    beside = ask(emulator, "POST", "/participant/../2015-03-31/functions", guard, **page)
    assert b"does not serve" in beside.body


def test_the_preflight_of_an_allowed_origin_is_answered(emulator):
    asked = {"origin": "http://localhost:8080", "access_control_request_method": "POST"}
    answer = ask(
        emulator, "OPTIONS", "/participant/message", RequestGuard(origins=["http://localhost:8080"]),
        access_control_request_headers="x-amz-bearer,content-type", **asked,
    )  # fmt: skip
    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "x-amz-bearer,content-type"
    refusal = ask(emulator, "OPTIONS", "/participant/message", **asked)
    assert refused(refusal)
    assert not [name for name in refusal.headers if name.startswith("access-control")]


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40))
def test_no_other_host_passes(host):
    guard = RequestGuard()
    passed = guard.refusal(Request("GET", "/", "", {"host": host}, b"", "", "", "", "id")) is None
    assert not passed or re.fullmatch(
        r"\s*(localhost\.*|127\.\d+\.\d+\.\d+\.*|\[[0:f.]*:[0-9a-f.:]*\])(:\d+)?\s*", host.lower()
    )


# ------------------------------------------------------------------------------------------ beyond loopback


def test_beyond_loopback_no_emulator_is_served_without_signatures():
    with pytest.raises(BusyhourError, match="other machines") as error, running(build(), host="0.0.0.0"):
        pass
    assert "--auth" in error.value.hint
    assert "--token-file" in error.value.hint


def test_the_url_of_an_emulator_on_every_address_is_loopback():
    listener = listen("0.0.0.0", 0)
    try:
        assert beyond_loopback(listener)
        assert url_of(listener).startswith("http://127.0.0.1:")
    finally:
        listener.close()


@pytest.fixture(scope="module")
def guarded():
    with running(build(token=TOKEN), host="0.0.0.0") as url:
        yield url


def client(url, service, secret):
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1", aws_access_key_id=emulator_token.ACCESS_KEY,
        aws_secret_access_key=secret, config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip


def test_beyond_loopback_the_token_signs(guarded):
    assert client(guarded, "lambda", TOKEN).list_functions()["Functions"] == []
    assert client(guarded, "sts", TOKEN).get_caller_identity()["Account"]
    with pytest.raises(ClientError, match="signature"):
        client(guarded, "lambda", f"{TOKEN}x").list_functions()


def test_beyond_loopback_the_emulators_own_paths_need_a_signature_but_health(guarded):
    import urllib.error
    import urllib.request

    with urllib.request.urlopen(f"{guarded}/_busyhour/health", timeout=10) as answer:
        assert "proof" not in json.load(answer)
    for path in ("snapshot", "records", "faults", "health/", "x/health"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{guarded}/_busyhour/{path}", timeout=10)
        with error.value:
            assert error.value.code == 403


def test_the_emulator_proves_itself_to_who_shares_the_token(guarded):
    import urllib.request

    host = guarded.removeprefix("http://")
    with urllib.request.urlopen(f"{guarded}/_busyhour/health?challenge=c1", timeout=10) as answer:
        found = json.load(answer)
    arn, answered = found["instance_arn"], found["proof"]
    assert emulator_token.proves(TOKEN, "c1", host, arn, answered)
    assert not emulator_token.proves(TOKEN, "c2", host, arn, answered)
    assert not emulator_token.proves(TOKEN, "c1", "other:80", arn, answered)
    assert not emulator_token.proves(TOKEN, "c1", host, arn[:-1], answered)
    assert not emulator_token.proves(TOKEN[:-1], "c1", host, arn, answered)
    for nothing in (None, "", 7, "é", [answered]):
        assert not emulator_token.proves(TOKEN, "c1", host, arn, nothing)
    assert hmac.compare_digest(answered, emulator_token.proof(TOKEN, "c1", host, arn))


@pytest.mark.parametrize("text", ["short", "has a space in the middle", "0123456789abcdé0123", "\n" * 30])
def test_a_weak_token_is_refused_with_the_way_to_a_good_one(text, tmp_path):
    with pytest.raises(BusyhourError, match="16 visible") as error:
        emulator_token.read({emulator_token.VARIABLE: text})
    assert "openssl rand" in error.value.hint
    file = tmp_path / "token"
    file.write_text(text)
    with pytest.raises(BusyhourError, match="token"):
        emulator_token.read({}, file)


def test_a_token_is_read_from_the_file_before_the_environment(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert emulator_token.read({emulator_token.VARIABLE: f"{TOKEN}-2"}, file) == TOKEN
    assert emulator_token.read({emulator_token.VARIABLE: f"{TOKEN}-2"}) == f"{TOKEN}-2"
    assert emulator_token.read({}) is None
    with pytest.raises(BusyhourError, match="no-such"):
        emulator_token.read({}, tmp_path / "no-such")


def test_serve_itself_refuses_whatever_calls_it():
    listener = listen("0.0.0.0", 0)
    with pytest.raises(BusyhourError, match="other machines"):
        asyncio.run(serve(build(), listener))
    assert listener.fileno() == -1
