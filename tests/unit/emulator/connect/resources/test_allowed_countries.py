from __future__ import annotations

import pytest

from busyhour.emulator.connect.resources.allowed_countries import Destinations


@pytest.mark.parametrize(
    ("region", "number", "allowed"),
    [
        ("us-east-1", "+12065550100", True),
        ("us-east-1", "+5215555550100", True),
        ("us-east-1", "+442079460000", True),
        ("us-east-1", "+447700900123", False),
        ("us-east-1", "+4930123456", False),
        ("ap-northeast-1", "+81312345678", True),
        ("ap-northeast-1", "+819012345678", False),
        ("eu-central-1", "+33123456789", True),
        ("eu-central-1", "+4930123456", False),
        ("mars-1", "+12065550100", True),
    ],
)
def test_a_new_instance_calls_the_countries_of_its_region(region, number, allowed):
    assert Destinations(region).allows(number) is allowed


def test_what_aws_has_allowed_besides_may_be_called():
    allowed = Destinations("us-east-1", ["+49", "+447"])
    assert allowed.allows("+4930123456")
    assert allowed.allows("+447700900123")
    assert not allowed.allows("+33123456789")
    assert Destinations("us-east-1", ["*"]).allows("+999")
