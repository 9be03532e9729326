"""Regions and accounts that slipped into a new version."""

from dataclasses import replace

import pytest

from busyhour.flowdiff.places import strays
from busyhour.flows.model import Action, Flow

ARN = "arn:aws:lambda:us-east-1:111111111111:function:look-up"


def flows(arn, **more):
    act = Action("look up", "InvokeLambdaFunction", {"LambdaFunctionARN": arn, **more}, None)
    return {"main": Flow("main", None, "look up", (act, Action("end", "DisconnectParticipant", {}, None)))}


@pytest.mark.parametrize(
    ("arn", "found"),
    [
        (ARN, []),
        (ARN.replace("us-east-1", "eu-west-2"), [("Region", "eu-west-2")]),
        (ARN.replace("1111", "2222"), [("account", "222222222222")]),
        ("arn:aws:connect:us-east-1:aws:view/cards:1", []),
        ("arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:look-up", []),
        ("$.Attributes.function", []),
        ("arn:aws-us-gov:lambda:us-gov-west-1:111111111111:function:x", [("Region", "us-gov-west-1")]),
    ],
)
def test_a_reference_to_a_place_that_the_old_version_does_not_name_is_found(arn, found):
    assert [(one.kind, one.value) for one in strays(flows(ARN), flows(arn))] == found


def test_a_version_without_places_has_nothing_to_compare_with():
    assert strays(flows("$.Attributes.function"), flows(ARN)) == []


def test_nested_values_and_regions_of_bots_count():
    old, new = flows(ARN), flows(ARN, LexBot={"Name": "bot", "Region": "eu-central-1"})
    assert [str(one) for one in strays(old, new)] == [
        "main: look up: LexBot.Region names the Region eu-central-1"
    ]
    assert strays(new, {"other": replace(old["main"], name="other")}) == []
