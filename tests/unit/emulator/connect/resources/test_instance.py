from __future__ import annotations

import pytest

from busyhour.emulator.account import Account
from busyhour.emulator.connect.resources.instance import Instance, resource_id
from busyhour.flows.model import Flow, FlowType


@pytest.fixture
def instance() -> Instance:
    return Instance(Account(), 0.0)


def flow(name: str, **more) -> Flow:
    return Flow(name, FlowType.CUSTOMER_QUEUE, "a", (), **more)


@pytest.mark.parametrize(
    ("reference", "identity"),
    [
        ("arn:aws:connect:r:1:instance/i/contact-flow/f", "f"),
        ("arn:aws:connect:r:1:instance/i/contact-flow/f:$LATEST", "f"),
        ("f", "f"),
        ("Main menu", "Main menu"),
    ],
)
def test_the_id_is_the_last_part_of_an_arn(reference, identity):
    assert resource_id(reference) == identity


def test_a_flow_keeps_the_id_of_its_export_and_gets_an_arn_of_this_instance(instance):
    resource = instance.add_flow(
        flow("Main", arn="arn:aws:connect:r:1:instance/other/contact-flow/f-1"), "{}", 0.0
    )
    assert resource.id == "f-1"
    assert resource.arn == f"{instance.account.instance_arn}/contact-flow/f-1"
    assert resource.type == "CUSTOMER_QUEUE"
    for reference in ("f-1", resource.arn, "arn:aws:connect:r:1:instance/other/contact-flow/f-1:$LATEST"):
        assert instance.flow(reference) is resource
    assert instance.flow_named("Main") is resource


def test_a_flow_without_an_id_gets_one_from_its_name(instance):
    first = instance.add_flow(flow("Main"), "{}", 0.0)
    again = Instance(Account(), 5.0).add_flow(flow("Main"), "{}", 5.0)
    assert first.id == again.id
    assert instance.add_flow(flow("Other"), "{}", 0.0).id != first.id


def test_names_are_unique_and_the_flow_goes_by_its_new_name(instance):
    instance.add_flow(flow("Main"), "{}", 0.0)
    second = instance.add_flow(flow("Main"), "{}", 0.0)
    assert (second.name, second.flow.name) == ("Main (2)", "Main (2)")


def test_queues_are_found_by_id_arn_and_name(instance):
    queue = instance.add_queue("Sales", "arn:aws:connect:r:1:instance/other/queue/q-1")
    for reference in ("q-1", "Sales", queue.arn):
        assert instance.queue(reference) is queue
    assert instance.queue("Support") is None
    assert instance.add_queue("Sales", "arn:aws:connect:r:1:instance/other/queue/q-1") is queue


def test_a_number_is_claimed_once(instance):
    assert instance.claim("+12065550100") is instance.claim("+12065550100")
    assert instance.has_number("+12065550100")
    assert not instance.has_number("+12065550101")
    assert len(list(instance.numbers())) == 1
