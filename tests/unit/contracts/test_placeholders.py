"""Texts that stand where an id goes in later, and those that only look like it."""

import pytest

from busyhour.contracts.placeholders import stands_in


@pytest.mark.parametrize(
    "text",
    [
        "YOUR_QUEUE_ARN",
        "ENTER THE FUNCTION",
        "[FLOW ID]",
        "**Enter a queue**",
        "replace-me",
        "your-queue",
        "function goes here",
        "sales-queue-arn",
        "billingFlowId",
        "agent_id",
    ],
)
def test_a_text_that_says_what_goes_there_stands_in(text):
    assert stands_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sales",
        "Main menu",
        "SALES",
        "no-arn-at-all",
        "not-an-arn",
        "id",
        "",
        "$.Attributes.queueId",
        "arn:aws:connect:eu-central-1:555544443333:instance/0f0e/queue",
        "there",
        "yourself",
    ],
)
def test_a_name_or_a_wrong_id_does_not(text):
    assert not stands_in(text)
