"""Functions as zips through boto3: created, updated, versioned, limited, run."""

from __future__ import annotations

import base64
import contextlib
import http.server
import io
import json
import tempfile
import threading
import time
import zipfile
from collections import Counter
from functools import partial

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.app import build
from busyhour.emulator.lambda_.functions import packages
from busyhour.emulator.lambda_.functions.store import FunctionTable
from busyhour.emulator.messages import ApiError
from busyhour.emulator.server.listener import running
from busyhour.scenarios.model import Function

ROLE = "arn:aws:iam::123456789012:role/orders"
RATES = {"lambda.all-other-operations.rate": 10_000, "lambda.get-function.rate": 10_000}


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, source in files.items():
            archive.writestr(name.replace("__", "/") + ".py", source)
    return out.getvalue()


ANSWERS_ONE = zipped(app="def handler(event, context):\n    return 1\n")
ANSWERS_TWO = zipped(app="def handler(event, context):\n    return 2\n")


@contextlib.contextmanager
def served(**options):
    emulator = build(quotas={**RATES, **options.pop("quotas", {})}, **options)
    with running(emulator) as url:
        yield boto3.client(
            "lambda",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )


@pytest.fixture(scope="module")
def aws():
    with served() as client:
        yield client


def create(aws, name, code=ANSWERS_ONE, handler="app.handler", **more):
    return aws.create_function(
        FunctionName=name, Runtime="python3.12", Role=ROLE, Handler=handler, Code={"ZipFile": code}, **more
    )


def invoke(aws, name, event=None, **more):
    answer = aws.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, json.loads(answer["Payload"].read())


def refused(call, *args, **more) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **more)
    return caught.value.response["Error"]["Code"]


def test_a_zip_is_a_function(aws):
    code = zipped(
        package____init__="", package__orders="from package.prices import PRICE\nimport os\n"
        "def handler(event, context):\n"
        "    return [event['n'] * PRICE, os.environ['STAGE'], context.function_version, os.getcwd() == os.environ['LAMBDA_TASK_ROOT']]\n",
        package__prices="PRICE = 3\n",
    )  # fmt: skip
    made = create(
        aws,
        "orders",
        code,
        "package/orders.handler",
        Environment={"Variables": {"STAGE": "test"}},
        Timeout=5,
        MemorySize=256,
        Tags={"team": "care"},
    )
    assert (made["State"], made["Version"], made["Role"]) == ("Active", "$LATEST", ROLE)
    assert (made["Timeout"], made["MemorySize"], made["Handler"]) == (5, 256, "package/orders.handler")
    assert made["CodeSize"] == len(code)
    assert invoke(aws, "orders", {"n": 4})[1] == [12, "test", "$LATEST", True]
    got = aws.get_function(FunctionName="orders")
    assert got["Tags"] == {"team": "care"}
    assert got["Configuration"]["Environment"] == {"Variables": {"STAGE": "test"}}


def test_new_code_and_settings_are_used_by_the_next_invocation(aws):
    made = create(aws, "changing")
    assert invoke(aws, "changing")[1] == 1
    updated = aws.update_function_code(FunctionName="changing", ZipFile=ANSWERS_TWO)
    assert updated["CodeSha256"] != made["CodeSha256"]
    assert updated["RevisionId"] != made["RevisionId"]
    assert invoke(aws, "changing")[1] == 2
    aws.update_function_configuration(FunctionName="changing", Handler="app.absent", Timeout=9)
    answer, error = invoke(aws, "changing")
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "Runtime.HandlerNotFound"
    assert aws.get_function_configuration(FunctionName="changing")["Timeout"] == 9


def test_a_change_may_insist_on_the_revision_that_was_read(aws):
    revision = create(aws, "revised")["RevisionId"]
    aws.update_function_configuration(FunctionName="revised", RevisionId=revision, Timeout=4)
    again = {"FunctionName": "revised", "RevisionId": revision, "ZipFile": ANSWERS_TWO}
    assert refused(aws.update_function_code, **again) == "PreconditionFailedException"


def test_versions_stay_as_they_were_and_aliases_name_them(aws):
    create(aws, "released", Publish=True)
    aws.update_function_code(FunctionName="released", ZipFile=ANSWERS_TWO)
    assert aws.publish_version(FunctionName="released")["Version"] == "2"
    assert aws.publish_version(FunctionName="released")["Version"] == "2"
    arn = aws.create_alias(FunctionName="released", Name="live", FunctionVersion="1")["AliasArn"]
    assert arn.endswith(":function:released:live")
    answer, value = invoke(aws, arn)
    assert (value, answer["ExecutedVersion"]) == (1, "1")
    aws.update_alias(FunctionName="released", Name="live", FunctionVersion="2")
    assert invoke(aws, "released", Qualifier="live")[1] == 2
    listed = aws.list_versions_by_function(FunctionName="released")["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2"]
    assert [a["Name"] for a in aws.list_aliases(FunctionName="released")["Aliases"]] == ["live"]
    assert (
        refused(aws.create_alias, FunctionName="released", Name="x", FunctionVersion="9")
        == "ResourceNotFoundException"
    )
    aws.delete_alias(FunctionName="released", Name="live")
    assert refused(aws.get_alias, FunctionName="released", Name="live") == "ResourceNotFoundException"
    aws.delete_function(FunctionName="released", Qualifier="1")
    assert refused(aws.invoke, FunctionName="released:1") == "ResourceNotFoundException"


def test_provisioned_concurrency_is_kept_for_versions_and_aliases(aws):
    create(aws, "warm")
    for number in (1, 2):
        aws.update_function_configuration(FunctionName="warm", Timeout=number)
        aws.publish_version(FunctionName="warm")
    aws.create_alias(FunctionName="warm", Name="live", FunctionVersion="2")
    put = partial(aws.put_provisioned_concurrency_config, FunctionName="warm")
    for qualifier, count in (("1", 3), ("live", 4)):
        assert put(Qualifier=qualifier, ProvisionedConcurrentExecutions=count)["Status"] == "READY"
    listing = partial(aws.list_provisioned_concurrency_configs, FunctionName="warm", MaxItems=1)
    first = listing()
    second = listing(Marker=first["NextMarker"])
    found = first["ProvisionedConcurrencyConfigs"] + second["ProvisionedConcurrencyConfigs"]
    assert [
        (one["FunctionArn"].rpartition(":")[2], one["RequestedProvisionedConcurrentExecutions"])
        for one in found
    ] == [("1", 3), ("live", 4)]
    assert "NextMarker" not in second
    get = partial(aws.get_provisioned_concurrency_config, FunctionName="warm")
    assert get(Qualifier="live")["AllocatedProvisionedConcurrentExecutions"] == 4
    assert refused(get, Qualifier="2") == "ProvisionedConcurrencyConfigNotFoundException"
    assert refused(get, Qualifier="9") == "ResourceNotFoundException"
    aws.create_alias(FunctionName="warm", Name="next", FunctionVersion="$LATEST")
    for qualifier in ("$LATEST", "next"):
        assert (
            refused(put, Qualifier=qualifier, ProvisionedConcurrentExecutions=1)
            == "InvalidParameterValueException"
        )
    aws.put_function_concurrency(FunctionName="warm", ReservedConcurrentExecutions=8)
    assert refused(put, Qualifier="2", ProvisionedConcurrentExecutions=2) == "InvalidParameterValueException"
    aws.delete_provisioned_concurrency_config(FunctionName="warm", Qualifier="1")
    assert len(listing()["ProvisionedConcurrencyConfigs"]) == 1


def test_an_alias_shares_invocations_between_versions_by_weight():
    from busyhour.emulator.lambda_.functions.store import Alias

    table = FunctionTable({"f": Function("f")}, "us-east-1", "123456789012")
    table.publish("f")
    table.add(Function("f"))
    table.publish("f")
    table.aliases("f")["live"] = Alias("live", "1", weights={"2": 0.25})
    drawn = Counter(table.find("f", "live").version for _ in range(4_000))
    assert 0.22 < drawn["2"] / 4_000 < 0.28
    assert set(drawn) == {"1", "2"}


def test_the_handler_is_really_stopped_at_its_timeout(aws):
    create(
        aws,
        "endless",
        zipped(app="def handler(e, c):\n    print('here', flush=True)\n    while True: pass\n"),
        Timeout=1,
    )
    began = time.monotonic()
    answer, error = invoke(aws, "endless", LogType="Tail")
    assert time.monotonic() - began < 4
    assert error["errorType"] == "Sandbox.Timedout"
    assert "here" in base64.b64decode(answer["LogResult"]).decode()


@pytest.mark.parametrize("waits", [0, 30])
def test_a_handler_that_takes_more_memory_than_it_has_is_killed(aws, waits):
    source = f"import time\ndef handler(e, c):\n    block = b'x' * (300 << 20)\n    time.sleep({waits})\n    return 1\n"
    name = f"hungry-{waits}"
    create(aws, name, zipped(app=source), MemorySize=128, Timeout=60)
    began = time.monotonic()
    answer, error = invoke(aws, name, LogType="Tail")
    assert time.monotonic() - began < 15
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert "Max Memory Used: 128 MB" in base64.b64decode(answer["LogResult"]).decode()
    aws.update_function_configuration(FunctionName=name, MemorySize=1024, Timeout=60)
    if not waits:
        assert invoke(aws, name)[1] == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"FunctionName": "twice"}, "ResourceConflictException"),
        ({"Runtime": "nodejs22.x"}, "InvalidParameterValueException"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException"),
        ({"Code": {"S3Bucket": "b" * 3, "S3Key": "k"}}, "InvalidParameterValueException"),
        ({"MemorySize": 127}, "ValidationException"),
    ],
)
def test_what_create_function_refuses(aws, given, code):
    with contextlib.suppress(aws.exceptions.ResourceConflictException):
        create(aws, "twice")
    asked = {
        "FunctionName": "refused",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "app.handler",
        "Code": {"ZipFile": ANSWERS_ONE},
        **given,
    }
    assert refused(aws.create_function, **asked) == code


def test_a_name_in_a_zip_cannot_leave_the_package(aws):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../outside.py", "x = 1")
    asked = {"FunctionName": "leaves", "Runtime": "python3.12", "Role": ROLE, "Handler": "app.handler"}
    assert (
        refused(aws.create_function, **asked, Code={"ZipFile": out.getvalue()})
        == "InvalidParameterValueException"
    )


def test_code_storage_is_a_quota():
    with served(quotas={"L-2ACBD22F": 1e-7}) as aws:
        asked = {"FunctionName": "f", "Runtime": "python3.12", "Role": ROLE, "Handler": "app.handler"}
        assert (
            refused(aws.create_function, **asked, Code={"ZipFile": ANSWERS_ONE})
            == "CodeStorageExceededException"
        )


def test_functions_are_listed_and_deleted():
    with served() as aws:
        for name in "cab":
            create(aws, name, Publish=name == "a")
        pages = list(aws.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
        assert [[f["FunctionName"] for f in page["Functions"]] for page in pages] == [["a", "b"], ["c"]]
        every = aws.list_functions(FunctionVersion="ALL")["Functions"]
        assert [f["Version"] for f in every] == ["$LATEST", "1", "$LATEST", "$LATEST"]
        aws.delete_function(FunctionName="a")
        assert refused(aws.get_function, FunctionName="a") == "ResourceNotFoundException"
        assert aws.get_account_settings()["AccountUsage"]["FunctionCount"] == 2


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A function in another process, as a runtime interface emulator serves it."""

    def do_POST(self):  # the name that http.server calls
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = 200, b'{"from": "elsewhere"}'
        if event == "slow":
            time.sleep(3)
        if event == "fails":
            body = b'{"errorType": "Error", "errorMessage": "no"}'
        if event == "breaks":
            status, body = 502, b"<html>"
        with contextlib.suppress(BrokenPipeError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def elsewhere():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/2015-03-31/functions/function/invocations"
    server.shutdown()
    server.server_close()


def test_a_function_in_another_runtime_is_reached_by_its_url(elsewhere):
    functions = [
        Function("node", url=elsewhere, timeout=1.0),
        Function("gone", url="http://127.0.0.1:9/", timeout=1.0),
    ]
    with served(functions=functions) as aws:
        assert invoke(aws, "node", {})[1] == {"from": "elsewhere"}
        kinds = [invoke(aws, "node", event)[1]["errorType"] for event in ("fails", "breaks", "slow")]
        assert kinds == ["Error", "Runtime.HttpError", "Sandbox.Timedout"]
        answer, error = invoke(aws, "gone")
        assert answer["FunctionError"] == "Unhandled"
        assert error["errorType"] == "Runtime.Unreachable"


@pytest.mark.parametrize("given", [{"Timeout": 901}, {"MemorySize": 10_241}])
def test_timeout_and_memory_have_their_quotas(aws, given):
    with contextlib.suppress(aws.exceptions.ResourceConflictException):
        create(aws, "bounded")
    asked = {"FunctionName": "bounded", **given}
    assert refused(aws.update_function_configuration, **asked) == "ValidationException"


LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:tools:1"
SIZES = {
    "64 characters of a name": (lambda more: {"FunctionName": "n" * (64 + more)}, "ValidationException"),
    "256 characters of a description": (
        lambda more: {"Description": "d" * (256 + more)},
        "ValidationException",
    ),
    "900 seconds": (lambda more: {"Timeout": 900 + more}, "ValidationException"),
    "10,240 MB": (lambda more: {"MemorySize": 10_240 + more}, "ValidationException"),
    "4 KB of variables": (
        lambda more: {"Environment": {"Variables": {"AB": "x" * (4094 + more)}}},
        "InvalidParameterValueException",
    ),
    "5 layers": (
        lambda more: {"Layers": [LAYER.replace("tools", f"l{n}") for n in range(5 + more)]},
        "InvalidParameterValueException",
    ),
    "50 tags": (
        lambda more: {"Tags": {f"tag-{n}": "v" for n in range(50 + more)}},
        "InvalidParameterValueException",
    ),
}


@pytest.mark.parametrize("size", SIZES)
def test_a_function_has_so_much_and_no_more(aws, size):
    given, code = SIZES[size]
    named = {"name": f"sized-{list(SIZES).index(size)}"}

    def asked(more):
        wanted = given(more)
        return {"name": wanted.pop("FunctionName", named["name"]), **wanted}

    create(aws, **asked(0))
    aws.delete_function(FunctionName=asked(0)["name"])
    assert refused(create, aws, **asked(1)) == code


@pytest.mark.slow
def test_an_unpacked_package_has_250_megabytes(aws):
    def sized(more):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("app.py", "handler = len")
            archive.writestr("data", bytes(262_144_000 - len("handler = len") + more))
        return out.getvalue()

    assert refused(create, aws, "too-large", code=sized(1)) == "InvalidParameterValueException"


def _with_files(names, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name in names:
            archive.writestr(name, b"x")
    return out.getvalue()


def _bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data", bytes(40 * 1024 * 1024))
    return out.getvalue()


def _understated():
    """A zip that declares fewer bytes than it unpacks to."""
    whole = _bomb()
    size = (40 * 1024 * 1024).to_bytes(4, "little")
    return whole.replace(size, (10).to_bytes(4, "little"))


BOMBS = {
    "ratio": (_bomb, "times as large"),
    "understated": (_understated, "Could not unzip"),
    "files": (lambda: _with_files(f"{n}" for n in range(2001)), "more than 2,000 files"),
    "folders": (lambda: _with_files(f"{n}/" * 101 for n in range(100)), "parts together"),
    "name": (lambda: _with_files(["a" * 5000]), "Could not unzip"),
    "compression": (lambda: _with_files(["a"], zipfile.ZIP_LZMA), "neither stored nor deflated"),
    "cut": (lambda: ANSWERS_ONE[:-30], "Could not unzip"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_zip_beyond_the_limits_is_refused_and_leaves_nothing(kind, monkeypatch, tmp_path):
    monkeypatch.setattr(packages, "UNZIPPED_FILES", 2000)
    monkeypatch.setattr(packages, "UNZIPPED_PARTS", 10_000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    make, words = BOMBS[kind]
    store = packages.PackageStore()
    try:
        with pytest.raises(ApiError, match=words):
            store.put(make())
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    finally:
        store.close()


def test_other_requests_are_answered_while_a_zip_is_unpacked(monkeypatch):
    infolist, begun, gate = zipfile.ZipFile.infolist, threading.Event(), threading.Event()

    def slow(archive):
        begun.set()
        assert gate.wait(30)
        return infolist(archive)

    monkeypatch.setattr(zipfile.ZipFile, "infolist", slow)
    with served() as aws:
        creating = threading.Thread(target=create, args=(aws, "slow"))
        creating.start()
        assert begun.wait(30)
        assert aws.list_functions()["Functions"] == []
        gate.set()
        creating.join(30)
        assert [one["FunctionName"] for one in aws.list_functions()["Functions"]] == ["slow"]


HOSTILE = """
import os, sys

class Mute(Exception):
    def __str__(self):
        raise ValueError("nothing to say")

def endless():
    return endless()

def nested():
    value = []
    for _ in range(100_000):
        value = [value]
    return value

def cycle():
    value = []
    value.append(value)
    return value

def raises(error):
    raise error

WAYS = {
    "nested": nested,
    "cycle": cycle,
    "surrogate": lambda: "\\ud800",
    "bytes": lambda: b"x",
    "said": lambda: raises(ValueError("\\ud800")),
    "mute": lambda: raises(Mute()),
    "endless": endless,
    "exit": lambda: sys.exit(3),
    "closed": lambda: os.closerange(0, 100),
    "killed": lambda: os.kill(os.getpid(), 9),
    "binary": lambda: os.write(1, bytes(range(256))),
}

def handler(event, context):
    return WAYS[event]()
"""


def test_whatever_a_handler_does_is_its_own_failure_and_the_next_invocation_runs(aws):
    with contextlib.suppress(aws.exceptions.ResourceConflictException):
        create(aws, "hostile", code=zipped(app=HOSTILE))
    ends = {
        **dict.fromkeys(("nested", "cycle"), "Runtime.MarshalError"),
        "endless": "RecursionError",
        # An error whose text cannot be had, or not be written as UTF-8, ends Lambda's runtime.
        **dict.fromkeys(("said", "mute", "exit", "closed", "killed"), "Runtime.ExitError"),
    }
    seen = {}
    for way in ends:
        answer, error = invoke(aws, "hostile", way)
        assert answer["FunctionError"] == "Unhandled"
        seen[way] = error["errorType"]
    assert seen == ends
    assert invoke(aws, "hostile", "binary")[1] == 256
    assert invoke(aws, "hostile", "surrogate")[1] == "\ud800"
    raw = aws.invoke(FunctionName="hostile", Payload=json.dumps("bytes"))
    assert ("FunctionError" in raw, raw["Payload"].read()) == (False, b"x")


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("arn:aws:::::", "MalformedHandlerName"),
        ("app.", "HandlerNotFound"),
        ("nothing", "MalformedHandlerName"),
        (":", "MalformedHandlerName"),
        ("a.b:c", "ImportModuleError"),
        ("sys.exit", "BuiltInModuleConflict"),
        ("json.dumps_", "HandlerNotFound"),
    ],
)
def test_a_handler_that_cannot_be_is_found_out_by_its_invocation(aws, handler, kind):
    with contextlib.suppress(aws.exceptions.ResourceNotFoundException):
        aws.delete_function(FunctionName="misnamed")
    create(aws, "misnamed", handler=handler)
    answer, error = invoke(aws, "misnamed")
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == f"Runtime.{kind}"


# ------------------------------------------------------------------------------- context and variables


CONTEXT = """
def handler(event, context):
    given = context.client_context
    return given and [given.custom, given.client.app_title]
"""


def test_the_client_context_of_an_invocation_reaches_the_handler(aws):
    with contextlib.suppress(aws.exceptions.ResourceConflictException):
        create(aws, "mobile", code=zipped(app=CONTEXT))
    given = base64.b64encode(
        json.dumps({"custom": {"k": "ü"}, "client": {"app_title": "t"}}).encode()
    ).decode()
    answer = aws.invoke(FunctionName="mobile", ClientContext=given)
    assert json.loads(answer["Payload"].read()) == [{"k": "ü"}, "t"]
    assert json.loads(aws.invoke(FunctionName="mobile")["Payload"].read()) is None


@pytest.mark.parametrize("given", ["{}", base64.b64encode(b"{").decode(), base64.b64encode(b"\xff").decode()])
def test_a_client_context_that_is_not_json_in_base64_is_rejected(aws, given):
    with contextlib.suppress(aws.exceptions.ResourceConflictException):
        create(aws, "mobile", code=zipped(app=CONTEXT))
    with pytest.raises(aws.exceptions.InvalidRequestContentException, match="Base64-encoded JSON"):
        aws.invoke(FunctionName="mobile", ClientContext=given)


def test_a_configuration_cannot_set_lambdas_own_variables(aws):
    with contextlib.suppress(aws.exceptions.ResourceConflictException):
        create(aws, "mobile", code=zipped(app=CONTEXT))
    own = {"AWS_REGION": "eu-west-1", "TZ": "Europe/Berlin", "LAMBDA_TASK_ROOT": "/x"}
    with pytest.raises(
        aws.exceptions.InvalidParameterValueException, match=r"request: AWS_REGION, LAMBDA_TASK_ROOT$"
    ):
        aws.update_function_configuration(FunctionName="mobile", Environment={"Variables": own})
    aws.update_function_configuration(
        FunctionName="mobile", Environment={"Variables": {"TZ": "Europe/Berlin"}}
    )
