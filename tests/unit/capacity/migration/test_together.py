"""Queues that hang together by the flows, and waves that part them."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.migration.parted import groups, notes, torn
from busyhour.capacity.migration.together import Link, links
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import FlowType
from busyhour.scenarios.model import Function, Queue
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic import Wave
from busyhour.shipped import shipped_root

from ...flow_builders import action, flow

QUEUES = ("Sales", "Support")


def scenario(*queues: str, **functions: dict[str, float]) -> Any:
    return SimpleNamespace(
        flows=SimpleNamespace(entry="main"),
        queues={
            name: Queue(name, 5, arn=f"arn:aws:connect:us-east-1:1:instance/i/queue/{name.lower()}")
            for name in queues or QUEUES
        },
        functions={name: Function(name, operations=operations) for name, operations in functions.items()},
    )


def to(queue: str, then: str = "end") -> list[Any]:
    """Set a queue by its id and transfer to it."""
    name = f"to {queue}"
    return [
        action(f"set {queue}", "UpdateContactTargetQueue", {"QueueId": queue.lower()}, then=name),
        action(name, "TransferContactToQueue", then=then),
    ]


def wave(name: str, month: int, *queues: str) -> Wave:
    return Wave(name, date(2027, month, 1), queues=queues)


MENU = action("Menu", "GetParticipantInput", when={"1": "set Sales", "2": "set Support"}, then="end")


def test_queues_behind_one_menu_share_a_number() -> None:
    found = links(scenario(), FlowLibrary([flow(MENU, *to("Sales"), *to("Support"))]))
    assert found == [
        Link("number", "Sales", "Support", "main", "press 2 at 'Menu'"),
        Link("number", "Support", "Sales", "main", "press 1 at 'Menu'"),
    ]
    assert groups(found) == [frozenset(QUEUES)]


def test_a_queue_whose_flow_transfers_to_another_one() -> None:
    hook = action(
        "Hook", "UpdateContactEventHooks", {"EventHooks": {"CustomerQueue": "waiting"}}, then="set Sales"
    )
    offer = action("Offer", "GetParticipantInput", when={"9": "leave"}, then="end")
    leave = action("leave", "DequeueContactAndTransferToQueue", {"QueueId": "support"})
    found = links(scenario(), FlowLibrary([flow(hook, *to("Sales")), flow(offer, leave, name="waiting")]))
    assert found == [Link("transfer", "Sales", "Support", "waiting", "press 9 at 'Offer'")]


def test_a_queue_that_a_module_sets() -> None:
    invoke = action("Invoke", "InvokeFlowModule", {"FlowModuleId": "choose"}, then="go")
    module = flow(
        action("set", "UpdateContactTargetQueue", {"QueueId": "support"}, then="done"),
        action("done", "EndFlowModuleExecution"),
        name="choose",
        type=FlowType.MODULE,
    )
    menu = action("Menu", "GetParticipantInput", when={"1": "set Sales"}, then="Invoke")
    main = flow(menu, invoke, action("go", "TransferContactToQueue"), *to("Sales"))
    assert {(one.kind, one.second) for one in links(scenario(), FlowLibrary([main, module]))} == {
        ("number", "Sales"),
        ("number", "Support"),
    }


def test_shared_modules_and_tables_are_named() -> None:
    ask = action("Ask", "InvokeFlowModule", {"FlowModuleId": "common"}, then="Look up")
    arn = "arn:aws:lambda:us-east-1:1:function:lookup"
    look_up = action("Look up", "InvokeLambdaFunction", {"LambdaFunctionARN": arn}, then="Menu")
    module = flow(action("done", "EndFlowModuleExecution"), name="common", type=FlowType.MODULE)
    main = flow(ask, look_up, MENU, *to("Sales"), *to("Support"))
    found = links(scenario(lookup={"customers.GetItem": 1.0}), FlowLibrary([main, module]))
    assert [(one.kind, one.through) for one in found if not one.breaks_calls] == [("table", "customers")]
    menu_in_module = flow(MENU, *to("Sales"), *to("Support"), name="common", type=FlowType.MODULE)
    found = links(scenario(), FlowLibrary([flow(ask), menu_in_module]))
    assert ("module", "common") in {(one.kind, one.through) for one in found}


def test_queues_that_no_call_reaches_together_are_free() -> None:
    assert (
        links(
            scenario(),
            FlowLibrary([flow(action("a", "DisconnectParticipant"), *to("Sales"), *to("Support"))]),
        )
        == []
    )
    assert groups([]) == []


def test_groups_join_through_a_third_queue() -> None:
    found = [
        Link("transfer", "A", "B", "f", ""),
        Link("table", "C", "D", "t", ""),
        Link("module", "B", "C", "m", ""),
    ]
    assert groups(found) == [frozenset("ABCD")]
    assert groups(found[:2]) == [frozenset("AB"), frozenset("CD")]


@pytest.mark.parametrize(
    "waves", [[wave("all", 1, *QUEUES)], [Wave("half", date(2027, 1, 1), share=0.5)], []]
)
def test_waves_that_part_nothing_say_nothing(waves: list[Wave]) -> None:
    assert torn(waves, [Link("number", "Sales", "Support", "main", "")]) == []


def test_a_pair_that_waves_part_is_named_once_with_the_call_that_breaks() -> None:
    found = links(scenario(), FlowLibrary([flow(MENU, *to("Sales"), *to("Support"))]))
    (sentence,) = torn([wave("pilot", 1, "Sales"), wave("rest", 3, "Support")], found)
    assert "wave pilot moves Sales on 2027-01-01, and Support moves with wave rest on 2027-03-01" in sentence
    assert "press 2 at 'Menu'" in sentence
    (alone,) = torn([wave("pilot", 1, "Sales")], found)
    assert "Support is in no wave" in alone


def test_the_shipped_example_shares_number_and_table() -> None:
    shipped = load(shipped_root() / "scenarios" / "helpdesk.toml", root=shipped_root())
    found = links(shipped, machine_of(shipped).library)
    assert {(one.kind, one.through) for one in found} == {
        ("number", "Helpdesk main"),
        ("table", "helpdesk-customers"),
    }


def test_a_group_that_waves_part_is_named_before_its_calls() -> None:
    found = [Link("transfer", "Sales", "Support", "f", ""), Link("table", "A", "B", "t", "")]
    group, call = notes([wave("pilot", 1, "Sales", "A", "B"), wave("rest", 3, "Support")], found)
    assert group == "Sales, Support hang together by the flows, and do not all move in one wave"
    assert call.startswith("wave pilot moves Sales")
    assert notes([wave("all", 1, "Sales", "Support")], found) == []
    assert notes([], found) == []
