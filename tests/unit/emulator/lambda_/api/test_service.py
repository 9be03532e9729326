"""Lambda over HTTP shapes: what botocore makes of the answers."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json

import botocore.parsers
import botocore.session
import pytest

from busyhour.emulator.lambda_.runtime.asynchronous import AsyncPolicy
from busyhour.emulator.messages import ApiError, Request
from busyhour.scenarios.model import Distribution, Function

MODELLED = Function("model", response={"a": "b"})
MODEL = botocore.session.get_session().get_service_model("lambda")
PATHS = {
    "Invoke": ("POST", "/2015-03-31/functions/{0}/invocations"),
    "GetFunction": ("GET", "/2015-03-31/functions/{0}"),
    "GetFunctionConfiguration": ("GET", "/2015-03-31/functions/{0}/configuration"),
    "ListFunctions": ("GET", "/2015-03-31/functions/"),
    "GetAccountSettings": ("GET", "/2016-08-19/account-settings/"),
    "GetFunctionConcurrency": ("GET", "/2019-09-30/functions/{0}/concurrency"),
    "PutFunctionConcurrency": ("PUT", "/2017-10-31/functions/{0}/concurrency"),
    "DeleteFunctionConcurrency": ("DELETE", "/2017-10-31/functions/{0}/concurrency"),
}


async def call(service, operation, name="model", body=b"", query="", **headers):
    """One request through the service, and the answer as botocore reads it."""
    method, path = PATHS[operation]
    names = {key.replace("_", "-"): value for key, value in headers.items()}
    request = Request(method, path.format(name), query, names, body, "lambda", "us-east-1", "AK")
    assert service.operation_name(request) == operation
    try:
        response = service.handle(request)
        if inspect.isawaitable(response):
            response = await response
    except ApiError as error:
        response = service.error_response(error, request)
    shape = MODEL.operation_model(operation).output_shape
    parser = botocore.parsers.create_parser("rest-json")
    raw = {"status_code": response.status, "headers": _Headers(response.headers), "body": response.body}
    parsed = parser.parse(raw, shape)
    if "Error" in parsed:  # as botocore's endpoint does: the members of the error's own shape
        error_shape = MODEL.shape_for_error_code(parsed["Error"]["Code"])
        parsed.update(parser.parse(raw, error_shape) if error_shape else {})
    return parsed


class _Headers(dict):
    """Header names of HTTP have no case."""

    def __init__(self, headers):
        super().__init__({key.lower(): value for key, value in headers.items()})

    def get(self, key, default=None):
        return super().get(key.lower(), default)

    def __contains__(self, key):
        return super().__contains__(key.lower())

    def __getitem__(self, key):
        return super().__getitem__(key.lower())


@pytest.fixture
def ask(emulated, run):
    def one(*calls, functions=(MODELLED,), **options):
        async def go():
            async with emulated(*functions, **options) as lab:
                return [await call(lab.service, *args, **more) for args, more in calls]

        return run(go())

    return one


def test_invoke_answers_with_the_payload(ask):
    (answer,) = ask((("Invoke",), {"body": b"{}"}))
    assert answer["StatusCode"] == 200
    assert json.loads(answer["Payload"]) == {"a": "b"}
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert "LogResult" not in answer


def test_invoke_by_arn_and_qualifier(ask):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:model"
    answers = ask(
        (("Invoke", arn.replace(":", "%3A")), {}),
        (("Invoke", "123456789012:function:model"), {}),
        (("Invoke", "model"), {"query": "Qualifier=%24LATEST"}),
        (("Invoke", "model:prod"), {}),
        (("Invoke", "model"), {"query": "Qualifier=7"}),
        (("Invoke", "arn:aws:lambda:eu-west-1:123456789012:function:model"), {}),
        (("Invoke", "no such name"), {}),
    )
    assert [a.get("StatusCode") or a["Error"]["Code"] for a in answers] == [
        200, 200, 200, "ResourceNotFoundException", "ResourceNotFoundException", "ResourceNotFoundException",
        "ValidationException",
    ]  # fmt: skip
    assert answers[3]["Error"]["Message"] == f"Function not found: {arn}:prod"


def test_a_function_error_is_a_200_with_a_header(ask):
    (answer,) = ask((("Invoke",), {}), functions=(Function("model", error_share=1.0),))
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")


def test_the_tail_of_the_log_comes_when_asked_for(ask):
    (answer,) = ask((("Invoke",), {"x_amz_log_type": "Tail"}))
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.startswith("START RequestId")
    assert "REPORT RequestId" in log


def test_dry_run_runs_nothing(ask):
    (answer,) = ask((("Invoke",), {"x_amz_invocation_type": "DryRun"}))
    assert answer["StatusCode"] == 204


@pytest.mark.parametrize(
    ("body", "headers", "code", "status"),
    [
        (b"{not json", {}, "InvalidRequestContentException", 400),
        (b'"' + b"x" * (6 * 1024 * 1024) + b'"', {}, "RequestTooLargeException", 413),
        (
            b'"' + b"x" * (1024 * 1024) + b'"',
            {"x_amz_invocation_type": "Event"},
            "RequestTooLargeException",
            413,
        ),
        (b"{}", {"x_amz_invocation_type": "Sideways"}, "InvalidParameterValueException", 400),
    ],
)
def test_what_invoke_refuses(ask, body, headers, code, status):
    (answer,) = ask((("Invoke",), {"body": body, **headers}))
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_a_throttle_carries_reason_type_and_pause(emulated, run):
    async def go():
        slow = Function("model", latency=Distribution("constant", 0.3))
        async with emulated(slow, quotas={"L-B99A9384": 1}) as lab:
            first = asyncio.ensure_future(call(lab.service, "Invoke"))
            await asyncio.sleep(0.05)
            second = await call(lab.service, "Invoke")
            return await first, second

    first, second = run(go())
    assert first["StatusCode"] == 200
    assert second["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert second["Error"]["Code"] == "TooManyRequestsException"
    assert second["Error"]["Message"] == "Rate Exceeded."
    assert second["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert second["Type"] == "User"
    assert second["retryAfterSeconds"] == "1"


def test_an_event_is_accepted_at_once_and_tried_again_after_errors(emulated, run, handler):
    function = handler(
        "import pathlib\n"
        "seen = pathlib.Path(__file__).with_name('seen')\n"
        "def handler(e, c):\n"
        "    tries = int(seen.read_text()) + 1 if seen.exists() else 1\n"
        "    seen.write_text(str(tries))\n"
        "    if tries < 3: raise RuntimeError('not yet')\n"
    )

    async def go():
        async with emulated(function, policy=AsyncPolicy(after_error=(0.01, 0.01))) as lab:
            answer = await call(lab.service, "Invoke", "lookup", body=b"{}", x_amz_invocation_type="Event")
            while lab.events.pending:
                await asyncio.sleep(0.01)
            return answer, lab.total("Invocations", "lookup"), lab.total("AsyncEventsDropped", "lookup")

    answer, invocations, dropped = run(go())
    assert answer["StatusCode"] == 202
    assert (invocations, dropped) == (3, 0)


def test_an_event_that_keeps_failing_is_dropped_after_three_attempts(emulated, run):
    async def go():
        async with emulated(
            Function("model", error_share=1.0), policy=AsyncPolicy(after_error=(0.0, 0.0))
        ) as lab:
            await call(lab.service, "Invoke", x_amz_invocation_type="Event")
            while lab.events.pending:
                await asyncio.sleep(0.01)
            return lab.total("Invocations", "model"), lab.total("AsyncEventsDropped", "model")

    assert run(go()) == (3, 1)


def test_functions_are_described_and_listed_page_by_page(ask):
    functions = tuple(Function(f"f{i}", timeout=3.0, memory_mb=512, environment={"A": "b"}) for i in range(3))
    got, configuration, page = ask(
        (("GetFunction", "f0"), {}),
        (("GetFunctionConfiguration", "f1"), {}),
        (("ListFunctions",), {"query": "MaxItems=2"}),
        functions=functions,
    )
    assert got["Configuration"]["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:f0"
    assert got["Configuration"]["State"] == "Active"
    assert (configuration["Timeout"], configuration["MemorySize"]) == (3, 512)
    assert configuration["Environment"]["Variables"] == {"A": "b"}
    assert [f["FunctionName"] for f in page["Functions"]] == ["f0", "f1"]
    (rest,) = ask(
        (("ListFunctions",), {"query": f"MaxItems=2&Marker={page['NextMarker']}"}), functions=functions
    )
    assert [f["FunctionName"] for f in rest["Functions"]] == ["f2"]
    assert "NextMarker" not in rest


def test_reserved_concurrency_is_set_read_and_taken_from_the_account(ask):
    put, got, account, described, deleted, gone = ask(
        (("PutFunctionConcurrency",), {"body": b'{"ReservedConcurrentExecutions": 100}'}),
        (("GetFunctionConcurrency",), {}),
        (("GetAccountSettings",), {}),
        (("GetFunction",), {}),
        (("DeleteFunctionConcurrency",), {}),
        (("GetFunctionConcurrency",), {}),
    )
    assert put["ReservedConcurrentExecutions"] == got["ReservedConcurrentExecutions"] == 100
    assert account["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert account["AccountLimit"]["UnreservedConcurrentExecutions"] == 900
    assert account["AccountUsage"]["FunctionCount"] == 1
    assert described["Concurrency"]["ReservedConcurrentExecutions"] == 100
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "ReservedConcurrentExecutions" not in gone


def test_a_hundred_stay_unreserved(ask):
    enough, too_many = ask(
        (("PutFunctionConcurrency",), {"body": b'{"ReservedConcurrentExecutions": 900}'}),
        (("PutFunctionConcurrency",), {"body": b'{"ReservedConcurrentExecutions": 901}'}),
    )
    assert enough["ReservedConcurrentExecutions"] == 900
    assert too_many["Error"]["Code"] == "InvalidParameterValueException"
    assert "minimum value of [100]" in too_many["Error"]["Message"]


def test_the_control_plane_has_a_rate_of_its_own(ask):
    answers = ask(
        *[(("GetAccountSettings",), {}) for _ in range(16)], (("GetFunction",), {}), (("Invoke",), {})
    )
    codes = [a["ResponseMetadata"]["HTTPStatusCode"] for a in answers]
    assert codes == [200] * 15 + [429, 200, 200]
    assert answers[15]["Error"]["Code"] == "TooManyRequestsException"
    assert answers[15]["Reason"] == "CallerRateLimitExceeded"


def test_an_operation_that_is_not_served_says_so(emulated, run):
    async def go():
        async with emulated() as lab:
            lab.service.handle(Request("GET", "/2015-03-31/layers", "", {}, b"", "lambda", "us-east-1", "AK"))

    with pytest.raises(ApiError, match="does not serve GET /2015-03-31/layers"):
        run(go())
