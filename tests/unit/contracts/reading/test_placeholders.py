"""Texts that stand where an id goes in later, and those that only look like it."""

import pytest

from busyhour.contracts.reading.placeholders import PLACEHOLDER, describes_a_value


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
def test_an_instruction_text_describes_a_value(text):
    assert describes_a_value(text)


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
def test_a_name_or_a_wrong_id_does_not_describe_a_value(text):
    assert not describes_a_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "${queue}",
        "arn:aws:connect:${AWS::Region}:x",
        "{{queue}}",
        "{QUEUE}",
        "<<queue>>",
        "<queue>",
        "%QUEUE%",
        "%%QUEUE_ARN%%",
        "[[queue]]",
        "' + queueArn + '",
        '"+process.env.QUEUE_ARN+"',
    ],
)
def test_every_placeholder_syntax_is_recognised(text):
    assert PLACEHOLDER.search(text)


@pytest.mark.parametrize("text", ["Sales", "5 < 6 and 7 > 6", "100% or 50%", "'+1' and '+2'", "a + b", "[1]"])
def test_ordinary_text_is_not_a_placeholder(text):
    assert not PLACEHOLDER.search(text)
