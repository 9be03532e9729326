"""Reports are attached to cases within the limits of AWS Support."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from busyhour.errors import BusyhourError
from busyhour.quotas.aws.support_cases import Attaching, checked_text, read_attachments


@pytest.fixture
def support() -> Any:
    return boto3.client("support", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")


def test_files_and_text_go_to_the_case_that_people_see(support: Any) -> None:
    with Stubber(support) as stub:
        stub.add_response(
            "describe_cases",
            {"cases": [{"caseId": "case-1-muen-2026-abc", "displayId": "1234567890"}]},
            {"displayId": "1234567890", "includeResolvedCases": False},
        )
        stub.add_response(
            "add_attachments_to_set",
            {"attachmentSetId": "set-1"},
            {"attachments": [{"fileName": "report.pdf", "data": b"%PDF"}]},
        )
        stub.add_response(
            "add_communication_to_case",
            {"result": True},
            {"caseId": "case-1-muen-2026-abc", "communicationBody": "why", "attachmentSetId": "set-1"},
        )
        Attaching(support).attach("1234567890", "why", [("report.pdf", b"%PDF")])
        stub.assert_no_pending_responses()


def test_text_alone_needs_no_set(support: Any) -> None:
    with Stubber(support) as stub:
        stub.add_response("add_communication_to_case", {}, {"caseId": "case-1", "communicationBody": "why"})
        Attaching(support).attach("case-1", "why", [])
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "message"),
    [("SubscriptionRequiredException", "support plan"), ("AccessDeniedException", "rejects describe_cases")],
)
def test_a_refusal_is_named(support: Any, code: str, message: str) -> None:
    with Stubber(support) as stub:
        stub.add_client_error("describe_cases", code, "no")
        with pytest.raises(BusyhourError, match=message) as caught:
            Attaching(support).attach("1", "why", [])
    assert caught.value.hint


def test_a_case_that_is_not_open_is_named(support: Any) -> None:
    with Stubber(support) as stub:
        stub.add_response("describe_cases", {"cases": []})
        with pytest.raises(BusyhourError, match="No open Support case 1"):
            Attaching(support).attach("1", "why", [])


def test_what_aws_does_not_take_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    good = tmp_path / "report.pdf"
    good.write_bytes(b"%PDF")
    assert read_attachments([good]) == [("report.pdf", b"%PDF")]
    large = tmp_path / "large.pdf"
    large.write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    page = tmp_path / "report.html"
    page.write_text("x")
    for paths, words in (
        ([good] * 4, "too many"),
        ([large], "more than AWS Support accepts"),
        ([page], r"does not accept \.html"),
        ([tmp_path / "no.pdf"], "cannot be read"),
    ):
        with pytest.raises(BusyhourError, match=words):
            read_attachments(paths)


@pytest.mark.parametrize("text", ["", " \n", "x" * 8001])
def test_a_text_that_no_case_takes_is_refused(text: str) -> None:
    with pytest.raises(BusyhourError, match="a case accepts 1 to 8,000"):
        checked_text(text, "The message")
    assert checked_text("x" * 8000, "The message")
