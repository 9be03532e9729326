"""A played call answers what tests ask of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.project import Project
from busyhour.pytest_plugin.runs import Calls, Machines

ROOT = Path(__file__).parents[3]
KNOWN = {"helpdesk-lookup": {"found": "yes", "name": "Ann"}, "helpdesk-open-ticket": {"ticket": "1042"}}


@pytest.fixture(scope="module")
def calls() -> Calls:
    return Calls(Project.at(ROOT))


def test_a_call_to_an_agent_has_all_that_happened(calls: Calls) -> None:
    call = calls("helpdesk", inputs=["1"], functions=KNOWN)
    assert call.invoked == ["helpdesk-lookup", "helpdesk-open-ticket"]
    assert any("press 1" in text for text in call.heard)
    assert call.queues == ["77777777-7777-4777-8777-777777777777"]
    assert call.attributes["topic"] == "a new problem"
    assert call.ended == "AGENT_DISCONNECT"
    assert call.seconds > 180
    assert "Main menu" in call.actions
    assert "pressed 1" in str(call)


def test_the_world_can_be_another(calls: Calls) -> None:
    closed = calls("helpdesk", inputs=["1"], functions=KNOWN, open=False)
    assert closed.queues == []
    late = calls(
        "helpdesk", inputs=["hang-up"], functions={"helpdesk-lookup": ["timeout", KNOWN["helpdesk-lookup"]]}
    )
    assert late.ended == "CUSTOMER_DISCONNECT"


def test_two_calls_know_nothing_of_each_other(calls: Calls) -> None:
    first, second = (calls("helpdesk", inputs=["1"], functions=KNOWN) for _ in range(2))
    assert str(first) == str(second)


def test_a_machine_is_handed_out_and_an_unknown_scenario_refused(calls: Calls) -> None:
    assert Machines(Project.at(ROOT))("helpdesk").call("helpdesk-main").start() is not None
    with pytest.raises(BusyhourError, match="Did you mean 'helpdesk'"):
        calls("helpdesc")
