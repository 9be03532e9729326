"""A small stand-in for Connect and Lambda over HTTP, in a thread of its own: answers are what the test says."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from busyhour.load.safety import outgoing
from busyhour.shipped import shipped_root

CALLER = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Arn>arn:aws:iam::123456789012:user/tester</Arn><UserId>AIDA</UserId><Account>123456789012</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class FakeAws:
    """Counts requests by (method, path) and answers them; `delay`, `answers` and `ends_after` may be changed any time."""

    def __init__(self):
        self.requests = []
        self.delay = 0.0
        self.ends_after = 0.2
        self.answers = {}
        self.contacts = {}
        self.stopped = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if b"Action=GetCallerIdentity" in body:
                    self.caller()
                    return
                fake.requests.append((self.command, self.path, dict(self.headers), body))
                time.sleep(fake.delay)
                status, headers, answer = fake.answer(self.command, self.path, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def caller(self):
                """Answer GetCallerIdentity of STS."""
                self.send_response(200)
                self.send_header("content-type", "text/xml")
                self.send_header("content-length", str(len(CALLER)))
                self.end_headers()
                self.wfile.write(CALLER)

            do_GET = do_PUT = do_POST = handle_one  # noqa: N815 - http.server looks for these names

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def answer(self, method, path, body):
        for prefix, given in self.answers.items():
            if path.startswith(prefix):
                return given
        now = time.time()
        if path.startswith("/contact-flows-summary/"):
            return (
                200,
                {},
                json.dumps({"ContactFlowSummaryList": [{"Id": "flow-1", "Name": "entry"}]}).encode(),
            )
        if path == "/contact/outbound-voice":
            identity = f"contact-{len(self.contacts)}"
            self.contacts[identity] = now
            return 200, {}, json.dumps({"ContactId": identity}).encode()
        if path == "/contact/stop":
            self.stopped.append(json.loads(body)["ContactId"])
            return 200, {}, b"{}"
        if path.startswith("/contacts/"):
            began = self.contacts[path.rpartition("/")[2]]
            contact = {"InitiationTimestamp": began, "ConnectedToSystemTimestamp": began}
            if now - began >= self.ends_after:
                contact |= {
                    "DisconnectTimestamp": began + self.ends_after,
                    "DisconnectReason": "CUSTOMER_DISCONNECT",
                }
            return 200, {}, json.dumps({"Contact": contact}).encode()
        if path.startswith("/instance/"):
            identity = path.rpartition("/")[2]
            arn = f"arn:aws:connect:us-east-1:123456789012:instance/{identity}"
            return 200, {}, json.dumps({"Instance": {"Id": identity, "Arn": arn}}).encode()
        if path.endswith("/invocations"):
            return 200, {}, b'{"known":"yes"}'
        return 404, {}, b'{"message":"no such path"}'

    def count(self, path):
        return sum(1 for request in self.requests if request[1].startswith(path))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SsoPortal(FakeAws):
    """Stands for the access portal (GetRoleCredentials), the OIDC service (CreateToken) and STS (AssumeRole).

    Role credentials end `lasts` seconds after they were given; each time they are other ones. Only `token` is let in.
    """

    def __init__(self):
        super().__init__()
        self.lasts = 3600.0
        self.token = "portal-token"
        self.given = 0

    def answer(self, method, path, body):
        self.given += 1
        ends = time.time() + self.lasts
        if path.startswith("/federation/credentials"):
            headers = {name.lower(): value for name, value in self.requests[-1][2].items()}
            if headers["x-amz-sso_bearer_token"] != self.token:
                code = {"x-amzn-ErrorType": "UnauthorizedException"}
                return 401, code, b'{"message":"Session token not found or invalid"}'
            keys = {"accessKeyId": f"SSO{self.given}", "secretAccessKey": "secret", "sessionToken": "session"}
            return 200, {}, json.dumps({"roleCredentials": {**keys, "expiration": int(ends * 1000)}}).encode()
        if path == "/token":
            self.token = f"portal-token-{self.given}"
            return 200, {}, json.dumps({"accessToken": self.token, "expiresIn": 3600}).encode()
        if b"Action=AssumeRole" in body:
            keys = f"<AccessKeyId>STS{self.given}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
            until = f"<SessionToken>session</SessionToken><Expiration>{iso(ends)}</Expiration>"
            inner = f"<AssumeRoleResult><Credentials>{keys}{until}</Credentials></AssumeRoleResult>"
            return 200, {}, f"<AssumeRoleResponse>{inner}</AssumeRoleResponse>".encode()
        return super().answer(method, path, body)

    def home(self, folder, *, session, token_lasts=3600.0, renewable=False, more=""):
        """Write ~/.aws as `aws sso login --profile staging` leaves it, in the legacy form or with an sso-session."""
        folder = folder / ".aws"
        cache = folder / "sso" / "cache"
        cache.mkdir(parents=True)
        portal = "sso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\n"
        role = (
            "sso_account_id = 123456789012\nsso_role_name = LoadTest\nregion = us-east-1\nservices = here\n"
        )
        where = "".join(f"{name} =\n  endpoint_url = {self.url}\n" for name in ("sso", "sso_oidc", "sts"))
        profile = f"[profile staging]\n{'sso_session = company' if session else portal}\n{role}"
        company = f"[sso-session company]\n{portal}" if session else ""
        (folder / "config").write_text(f"{profile}\n{company}\n[services here]\n{where}\n{more}")
        token = {
            "accessToken": self.token,
            "expiresAt": iso(time.time() + token_lasts),
            "region": "us-east-1",
        }
        if renewable:
            until = iso(time.time() + 9e6)
            token |= {
                "clientId": "c",
                "clientSecret": "s",
                "refreshToken": "r",
                "registrationExpiresAt": until,
            }
        name = "company" if session else "https://example.awsapps.com/start"
        (cache / f"{hashlib.sha1(name.encode()).hexdigest()}.json").write_text(json.dumps(token))
        return cache


def iso(moment):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


@pytest.fixture(autouse=True)
def no_live_run_of_another_test():
    """The gate of a live run is the process's; each test begins without one."""
    outgoing.install(None)
    yield
    outgoing.install(None)


@pytest.fixture
def sso_portal():
    portal = SsoPortal()
    yield portal
    portal.close()


@pytest.fixture
def fake_aws(monkeypatch):
    fake = FakeAws()
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fake.url)
    yield fake
    fake.close()


FLOW = {
    "Version": "2019-10-30",
    "StartAction": "greet",
    "Metadata": {"name": "entry", "entryPointPosition": {"x": 0, "y": 0}},
    "Actions": [
        {
            "Identifier": "greet",
            "Type": "MessageParticipant",
            "Parameters": {"Text": "Hi."},
            "Transitions": {
                "NextAction": "lookup",
                "Errors": [{"NextAction": "bye", "ErrorType": "NoMatchingError"}],
            },
        },
        {
            "Identifier": "lookup",
            "Type": "InvokeLambdaFunction",
            "Parameters": {
                "LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:lookup",
                "InvocationTimeLimitSeconds": "3",
                "ResponseValidation": {"ResponseType": "STRING_MAP"},
            },
            "Transitions": {
                "NextAction": "bye",
                "Errors": [{"NextAction": "bye", "ErrorType": "NoMatchingError"}],
            },
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}


@pytest.fixture
def write_scenario(tmp_path):
    """Writes a scenario with one flow (a prompt, a Lambda, the end) and returns its path."""

    def write(*, drive="voice", rate=20.0, duration=1.0, drain=5.0, arrivals="even", more=""):
        (tmp_path / "entry.json").write_text(json.dumps(FLOW))
        path = tmp_path / "scenario.toml"
        path.write_text(
            f"""
drive = "{drive}"
seed = 7
[traffic]
direction = "{"outbound" if drive == "voice" else "inbound"}"
calls_per_hour = {rate * 3600}
duration = "{duration}s"
arrivals = "{arrivals}"
drain = "{drain}s"
[flows]
files = ["entry.json"]
entry = "entry"
[callers]
patience = {{ distribution = "constant", mean = "5s" }}
talk = {{ distribution = "constant", mean = "1s" }}
wrap_up = {{ distribution = "constant", mean = "0s" }}
[functions.lookup]
latency = {{ distribution = "constant", mean = "0.01s" }}
response = {{ known = "yes" }}
{more}
"""
        )
        return path

    return write


@pytest.fixture(scope="session")
def loadtests():
    return shipped_root() / "loadtests"
