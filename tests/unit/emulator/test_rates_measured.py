"""Every request rate of the quota table, measured in virtual time for each operation that the emulator serves.

Just below the rate nothing is throttled; at 1.25 times the rate a fifth is, within 2 %, in AWS's words. The requests
themselves are nonsense: AWS takes a token before it reads the request.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from functools import cache
from pathlib import Path

import botocore.session
import orjson
import pytest

from busyhour.emulator.app import build
from busyhour.emulator.catalogue import SERVICES
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.timers import VirtualClock
from busyhour.errors import BusyhourError
from busyhour.quotas.table.quota_table import load

PAID_ELSEWHERE = {("lambda", "Invoke")}
"""Held by concurrency as well; measured where Lambda's limits are."""
CODES = {"monitoring": "Throttling", "execute-api": "ThrottlingException"}
FLOWS = sorted((Path(__file__).parents[3] / "examples" / "helpdesk" / "flows").glob("*.json"))
REQUESTS = 1_000
"""Beyond those that empty the bucket."""
TABLE = load()


@cache
def model(signing):
    return botocore.session.get_session().get_service_model(
        next(entry.model for entry in SERVICES if entry.name == signing)
    )


def rated():
    """Every served operation that has a rate, with requests/s and burst."""
    served = build(clock=VirtualClock()).router.served()
    for signing, service in ((entry.name, entry.rates) for entry in SERVICES if entry.rates):
        for operation in served[signing]:
            try:
                rate, burst = TABLE.rate(service, operation)
            except BusyhourError:
                continue
            if (service, operation) not in PAID_ELSEWHERE:
                yield pytest.param(
                    signing, operation, rate.default, burst.default, id=f"{service}-{operation}"
                )


def nonsense(signing, operation, emulator):
    """A request for the operation that no service would grant, but for what tells which bucket is meant."""
    http = model(signing).operation_model(operation).http
    path, _, query = re.sub(r"\{[^}]*\}", "x", http["requestUri"]).partition("?")
    headers, body = {}, b"{}"
    if signing == "monitoring":
        headers = {"content-type": "application/x-www-form-urlencoded"}
        body = f"Action={operation}&Version=2010-08-01".encode()
    elif signing == "execute-api":
        headers = {"x-amz-bearer": a_chats_token(emulator, operation)}
    elif operation == "SearchContacts":
        hour = {"Type": "INITIATION_TIMESTAMP", "StartTime": 0, "EndTime": 3600}
        body = json.dumps({"InstanceId": emulator.about()["instance_id"], "TimeRange": hour}).encode()
    return Request(http["method"], path, query, headers, body, signing, "us-east-1", "AKID")


def a_chats_token(emulator, operation):
    """Who sends messages shows a token of the chat; only then is it clear whose bucket is meant."""
    about = emulator.about()
    body = {
        "InstanceId": about["instance_id"],
        "ContactFlowId": about["flows"]["Helpdesk after hours"],
        "ParticipantDetails": {"DisplayName": "Ada"},
    }
    request = Request(
        "PUT", "/contact/chat", "", {}, json.dumps(body).encode(), "connect", "us-east-1", "AKID"
    )
    contact = orjson.loads(emulator.router.answer(request).body)["ContactId"]
    kind = "participant" if operation == "CreateParticipantConnection" else "connection"
    return base64.urlsafe_b64encode(f"{kind}:{contact}".encode()).decode()


def refused(signing, operation, per_second, requests):
    return asyncio.run(driven(signing, operation, per_second, requests))


async def driven(signing, operation, per_second, requests):
    """How many of `requests` at an even `per_second` are throttled, and the errors that said so."""
    clock = VirtualClock()
    emulator = build(clock=clock, epoch=0.0, flows=FLOWS)
    request = nonsense(signing, operation, emulator)
    count, codes = 0, set()
    for _ in range(requests):
        answer = emulator.router.answer(request)
        if not isinstance(answer, Response):
            answer = await answer
        if answer.status == 429 or b"Throttling" in answer.body:
            count += 1
            codes.add(code_of(answer))
        clock.advance(1 / per_second)
    counted = sum(tally.rejected for tally in emulator.state.limits.tallies())
    assert counted == count
    return count, codes


def code_of(answer):
    named = answer.headers.get("x-amzn-errortype") or answer.headers.get("x-amzn-ErrorType")
    if named:
        return named.partition(":")[0]
    found = re.search(rb"<Code>(\w+)</Code>", answer.body)
    return found[1].decode() if found else orjson.loads(answer.body)["__type"].rpartition("#")[2]


@pytest.mark.parametrize(("signing", "operation", "rate", "burst"), list(rated()))
def test_the_rate_is_what_the_table_says(signing, operation, rate, burst):
    requests = REQUESTS + int(burst / 0.2)
    assert refused(signing, operation, 0.98 * rate, REQUESTS) == (0, set())
    count, codes = refused(signing, operation, 1.25 * rate, requests)
    # What the bucket held at first is served on top of the rate.
    assert count == pytest.approx(0.2 * requests - burst, abs=0.02 * REQUESTS)
    assert codes == {CODES.get(signing, "TooManyRequestsException")}
