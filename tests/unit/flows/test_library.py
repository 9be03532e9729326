"""Flows found by what other flows call them."""

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Flow

ARN = "arn:aws:connect:us-east-1:111122223333:instance/i-1/contact-flow/f-1"
MAIN = Flow("Main menu", None, "a", (), path=Path("flows/main.json"), arn=ARN)
OTHER = Flow("Other", None, "a", ())


@pytest.mark.parametrize(
    "reference",
    [
        "Main menu",
        "main",
        ARN,
        "f-1",
        f"{ARN}:$LATEST",
        f"{ARN}:3",
        f"{ARN}:live",
        "f-1:$SAVED",
        "${MainFlowArn}",
        "alias-1:$LATEST",
    ],
)
def test_resolve_finds_a_flow_by(reference):
    library = FlowLibrary(
        [OTHER, MAIN], {"${MainFlowArn}": "Main menu", "arn:aws:connect:x/alias-1": "Main menu"}
    )
    assert library.resolve(reference) is MAIN


@pytest.mark.parametrize("reference", ["", " ", "main menu", "f-2", "arn:aws:connect:x", ":$LATEST"])
def test_resolve_finds_no_flow_by(reference):
    assert FlowLibrary([MAIN]).resolve(reference) is None


def test_the_first_of_two_flows_with_the_same_name_is_found():
    first, second = Flow("x", None, "a", ()), Flow("x", None, "b", (), path=Path("second.json"))
    library = FlowLibrary([first, second])
    assert library.resolve("x") is first
    assert library.resolve("second") is second


def test_an_alias_of_a_missing_flow_is_rejected_with_the_nearest_name():
    with pytest.raises(
        BusyhourError,
        match=r"alias 'arn:1' refers to 'Othr', which is not one of the flows\. Did you mean 'Other'",
    ):
        FlowLibrary([OTHER], {"arn:1": "Othr"})


def test_get_of_a_missing_flow_lists_the_flows():
    with pytest.raises(BusyhourError) as error:
        FlowLibrary([MAIN, OTHER]).get("Oter")
    assert error.value.message == "no flow 'Oter' among 2 flows. Did you mean 'Other'?"
    assert error.value.hint == "Flows: Main menu, Other."
