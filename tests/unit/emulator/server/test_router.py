from __future__ import annotations

import asyncio
import json
import logging
from random import Random

import pytest

from busyhour.emulator.error_formats import json_error, rest_json_error
from busyhour.emulator.faults.requests import Fault, Faults
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.server.router import Router, credential_scope


class Echo:
    """Answers with its own name; `do` says what it does instead."""

    def __init__(self, name, do=None):
        self.names = (name,)
        self.do = do

    def handle(self, request):
        if self.do is not None:
            return self.do(request)
        return Response(200, self.names[0].encode())

    def operation(self, request):
        return "Do"

    def error_response(self, error, request):
        return rest_json_error(error)


def signed(service, region="us-east-1"):
    scope = f"AKID/20260101/{region}/{service}/aws4_request"
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


def request(method="GET", path="/", query="", headers=None, body=b""):
    headers = headers or {}
    access_key, region, service = credential_scope(headers, query)
    return Request(method, path, query, headers, body, service, region, access_key, "rid")


def answer(router, request):
    async def main():
        found = router.answer(request)
        return found if isinstance(found, Response) else await found

    return asyncio.run(main())


@pytest.fixture
def faults():
    return Faults(Random(1))


@pytest.fixture
def router(faults):
    services = [Echo("connect"), Echo("dynamodb"), Echo("lambda"), Echo("sts"), Echo("monitoring")]
    return Router(services, unsigned=services[0], faults=faults)


@pytest.mark.parametrize(
    ("headers", "query", "scope"),
    [
        (signed("connect", "eu-west-2"), "", ("AKID", "eu-west-2", "connect")),
        (
            {"authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/r/s/aws4_request,SignedHeaders=h"},
            "",
            ("A", "r", "s"),
        ),
        (
            {"authorization": "AWS4-ECDSA-P256-SHA256 Credential=A/20260101/s/aws4_request, x"},
            "",
            ("A", "", "s"),
        ),
        ({}, "X-Amz-Credential=A%2F20260101%2Fr%2Fs%2Faws4_request&x=1", ("A", "r", "s")),
        ({"authorization": "Basic abc"}, "", ("", "", "")),
        ({}, "", ("", "", "")),
    ],
)
def test_the_credential_scope_is_read_from_header_or_query(headers, query, scope):
    assert credential_scope(headers, query) == scope


def test_a_signed_request_goes_to_the_service_that_it_was_signed_for(router):
    assert answer(router, request(headers=signed("dynamodb"))).body == b"dynamodb"


@pytest.mark.parametrize(
    ("headers", "path", "body", "service"),
    [
        ({"x-amz-target": "DynamoDB_20120810.GetItem"}, "/", b"", b"dynamodb"),
        ({"content-type": "application/x-www-form-urlencoded"}, "/", b"Action=X&Version=2011-06-15", b"sts"),
        ({}, "/2015-03-31/functions/f/invocations", b"", b"lambda"),
        ({}, "/contact/outbound-voice", b"", b"connect"),
    ],
)
def test_an_unsigned_request_is_told_by_target_form_or_path(router, headers, path, body, service):
    assert answer(router, request("POST", path, headers=headers, body=body)).body == service


def test_an_unknown_service_is_said_in_an_error_of_the_requests_own_protocol(router):
    refused = answer(router, request(headers=signed("quantum")))
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (404, "UnknownOperationException")
    assert "quantum" in json.loads(refused.body)["message"]
    form = {**signed("quantum"), "content-type": "application/x-www-form-urlencoded"}
    assert b"<Code>UnknownOperationException</Code>" in answer(router, request("POST", headers=form)).body
    target = {**signed("quantum"), "x-amz-target": "Q.Do", "content-type": "application/x-amz-json-1.0"}
    assert (
        json.loads(answer(router, request("POST", headers=target)).body)["__type"]
        == "UnknownOperationException"
    )


def test_the_fallback_takes_what_no_service_does(faults):
    router = Router([Echo("connect")], fallback=Echo("rest"), faults=faults)
    assert answer(router, request(headers=signed("s3"))).body == b"rest"


def test_an_api_error_is_written_by_the_service(faults):
    def refuse(request):
        raise ApiError("NoSuchThing", "No.", 404)

    refused = answer(Router([Echo("connect", refuse)], faults=faults), request(headers=signed("connect")))
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (404, "NoSuchThing")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_service_that_fails_is_an_internal_failure_and_no_traceback_goes_out(faults, caplog, asynchronous):
    def fail(request):
        raise RuntimeError("secret detail")

    async def fail_later(request):
        raise RuntimeError("secret detail")

    with caplog.at_level(logging.ERROR):
        router = Router([Echo("connect", fail_later if asynchronous else fail)], faults=faults)
        refused = answer(router, request(headers=signed("connect")))
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (500, "InternalFailure")
    assert b"secret" not in refused.body
    assert "secret detail" in caplog.text


def test_a_fault_adds_its_latency_to_what_it_matches(router, faults):
    import time

    faults.set([Fault("connect", "Do", latency_seconds=0.1)])
    started = time.perf_counter()
    assert answer(router, request(headers=signed("connect"))).body == b"connect"
    assert time.perf_counter() - started >= 0.1
    started = time.perf_counter()
    answer(router, request(headers=signed("dynamodb")))
    assert time.perf_counter() - started < 0.1


def test_a_fault_answers_with_its_error(router, faults):
    faults.set([Fault(error_share=1.0, error_code="ServiceUnavailable", status=503)])
    refused = answer(router, request(headers=signed("connect")))
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (503, "ServiceUnavailable")


def test_errors_in_json_1_1_carry_type_and_message():
    body = json.loads(json_error(ApiError("Bad", "why", 400, Reason="r")).body)
    assert body == {"__type": "Bad", "message": "why", "Reason": "r"}
