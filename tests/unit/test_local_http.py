"""Loopback never goes through a proxy, and no redirect is followed."""

from __future__ import annotations

import contextlib
import http.server
import os
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

import boto3
import pytest
import requests
from botocore.config import Config

from busyhour import local_http
from busyhour.emulator.app import build
from busyhour.emulator.server.listener import running
from busyhour.harness.target import Target
from busyhour.quotas.aws import clients

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@contextlib.contextmanager
def server(answer=lambda handler: (418, {}, b"a proxy")):
    """A server that answers everything; gives its URL and the request lines that it received."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.requestline)
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_CONNECT = do_PUT = do_GET  # noqa: N815  # names of http.server

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}", seen
        made.shutdown()


@pytest.fixture
def proxy(monkeypatch):
    """A proxy in the environment, with no exception; gives the requests that it received."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with server() as (url, seen):
        for name in PROXIES:
            monkeypatch.setenv(name, url)
        yield seen


@pytest.fixture(scope="module")
def url():
    with running(build()) as url:
        yield url


def test_without_an_exception_a_proxy_receives_requests_for_this_machine(proxy, url):
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.build_opener().open(f"{url}/_busyhour/health", timeout=5)
    error.value.close()
    assert proxy


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.5"])
def test_our_own_clients_never_use_it(proxy, url, host):
    named = url.replace("127.0.0.1", host)
    if host != "127.0.0.5":  # the emulator listens on 127.0.0.1 alone
        assert b"instance_arn" in local_http.fetch(f"{named}/_busyhour/health", timeout=5)
        target = Target("emulator", named, "us-east-1", "1", "i", "arn")
        assert target.client("sts").get_caller_identity()["Account"]
        assert target.snapshot()
    else:
        with pytest.raises(OSError, match="refused"):
            local_http.fetch(f"{named}/_busyhour/health", timeout=5)
    assert local_http.proxies_for(named) == {}
    assert not proxy


def test_clients_for_quotas_never_use_it(proxy, url, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    made = clients.clients("us-east-1", url)
    assert made.lambda_.list_functions()["Functions"] == []
    assert made.service_quotas.list_services()
    clients.support(url).describe_cases()
    assert not proxy


def test_for_other_hosts_the_environment_stays_in_force():
    assert local_http.proxies_for(None) is None
    assert local_http.proxies_for("http://192.0.2.7:80") is None
    assert local_http.proxies_for("http://no.such.host.invalid") is None


@pytest.mark.parametrize(
    "given", [{}, {"NO_PROXY": "corp.example"}, {"no_proxy": ".corp.example, 10.0.0.1"}, {"NO_PROXY": "*"}]
)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_exception_works_for_every_kind_of_client(given, host, monkeypatch):
    for name in (*PROXIES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    local_http.bypass_proxy(os.environ)
    endpoint = f"http://{host}:4580/"
    assert urllib.request.proxy_bypass(urllib.parse.urlsplit(endpoint).netloc)
    assert requests.utils.get_environ_proxies(endpoint) == {}
    client = boto3.client(
        "sts", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s",
        config=Config(),
    )  # fmt: skip
    assert not client._endpoint.http_session._proxy_config.proxy_url_for(endpoint)
    elsewhere = "http://elsewhere.example/"
    assert bool(requests.utils.get_environ_proxies(elsewhere)) is ("*" not in given.values())
    for value in given.values():
        for entry in value.split(","):
            assert entry.strip() in os.environ["NO_PROXY"].split(",")


def test_the_command_line_exempts_loopback_for_itself_and_what_it_starts(proxy):
    program = (
        "import os, sys\nfrom busyhour import cli\n"
        "try:\n    cli.main(['--version'])\nexcept SystemExit:\n    pass\nprint(os.environ['no_proxy'])"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert "127.0.0.1" in out.splitlines()[-1].split(",")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(url, status):
    to = {"Location": f"{url}/_busyhour/health"}
    with server(lambda handler: (status, to, b"")) as (other, seen):
        with pytest.raises(OSError, match=str(status)) as error:
            local_http.fetch(f"{other}/_busyhour/health", timeout=5)
        error.value.close()
    assert len(seen) == 1


def test_an_answer_has_a_size_and_a_kind():
    with server(lambda handler: (200, {}, b"x" * 70_000)) as (other, _):
        assert len(local_http.fetch(other, timeout=5)) == 70_000
        with pytest.raises(OSError, match="more than"):
            local_http.fetch(other, timeout=5, limit=60_000)
    for odd in ("file:///etc/passwd", "ftp://127.0.0.1/x", "127.0.0.1:80", ""):
        with pytest.raises(ValueError, match="not an HTTP URL"):
            local_http.fetch(odd, timeout=5)


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("127.0.0.1", True), ("127.255.1.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("::1%lo", True),
        ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("localhost", False), ("", False), ("127.1", False),
    ],
)  # fmt: skip
def test_addresses_of_loopback(address, is_one):
    assert local_http.is_loopback(address) is is_one
