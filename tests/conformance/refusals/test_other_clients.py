"""The AWS CLI and the SDK for JavaScript make a whole centre, run a call in it, and are refused what AWS refuses.

The CLI starts a process for each request, so that it sends one row in six of those that it does not refuse by itself. It shows
no status of an error. boto3 sends what a client is too old to know.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("client", ["cli_session", "node_session"])
def test_a_call_runs_through_the_centre_and_is_measured(client, request):
    session = request.getfixturevalue(client)
    call, told = session.of(session.told["instance"]), session.told
    call("PutUserStatus", UserId=told["user"], AgentStatusId=told["status"])
    made = call(
        "StartOutboundVoiceContact",
        ContactFlowId=told["flow"],
        DestinationPhoneNumber="+12065550100",
        SourcePhoneNumber="+12065550199",
        Attributes={"order": "17 ä€"},
    )["ContactId"]
    assert call("GetContactAttributes", InitialContactId=made)["Attributes"] == {"order": "17 ä€"}
    ended = until(lambda: call("DescribeContact", ContactId=made)["Contact"], "DisconnectTimestamp")
    assert (ended["InitiationMethod"], ended["Channel"]) == ("API", "VOICE")
    found = call("ListQueues", QueueTypes=["STANDARD"])["QueueSummaryList"]
    assert {"BasicQueue", "Sales", "Other"} == {one["Name"] for one in found}


def test_the_sdk_for_javascript_is_refused_what_aws_refuses(node_session, rows):
    wrong = [problem for row in rows("connect") if (problem := node_session.check(row))]
    assert not wrong, "\n".join(wrong)
    assert node_session.sent >= 350


def test_the_cli_is_refused_what_aws_refuses(cli_session, rows):
    sent = [row for row in rows("connect") if row["code"] != "CONSTRAINT"][::6]
    wrong = [problem for row in sent if (problem := cli_session.check(row))]
    assert not wrong, "\n".join(wrong)
    assert cli_session.sent >= 45


def until(ask: Any, member: str) -> Any:
    """Ask until the answer has the member, for half a minute."""
    for _ in range(60):
        found = ask()
        if member in found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"no {member} in {found}")
