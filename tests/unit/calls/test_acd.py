from typing import Any

import pytest

from busyhour.calls.acd import Acd, Ticket, resource_id
from busyhour.scenarios.model import Queue

ARN = "arn:aws:connect:us-east-1:123456789012:instance/i/queue/q-1"


class Waiting:
    def __init__(self, name: str = "") -> None:
        self.name = name
        self.ticket: Ticket | None = None

    def taken(self, ticket: Ticket) -> None:
        self.ticket = ticket


@pytest.fixture
def acd(bench: Any) -> Acd:
    return Acd(bench.clock, {"sales": Queue("sales", 1, capacity=2, arn=ARN)})


def test_a_free_agent_takes_a_contact_at_once(acd: Acd):
    ticket = acd.join(acd.queue("sales"), Waiting())
    assert ticket is not None
    assert ticket.agent == 1
    assert acd.queue("sales").available == 0


def test_a_contact_waits_while_all_agents_are_busy_and_is_answered_when_one_is_free(bench: Any, acd: Acd):
    queue, second = acd.queue("sales"), Waiting()
    first = acd.join(queue, Waiting())
    acd.join(queue, second)
    bench.clock.run(until=30.0)
    assert second.ticket is None
    acd.release(queue, first.agent)
    assert second.ticket.agent == 1
    statistics = acd.statistics()["sales"]
    assert (statistics.answered, statistics.answered_in_time, statistics.longest_wait) == (2, 1, 30.0)
    assert statistics.busy_seconds == 30.0
    assert statistics.occupancy == 1.0


def test_contacts_are_answered_by_priority_and_then_by_time(acd: Acd):
    queue = acd.queue("sales")
    first = acd.join(queue, Waiting())
    late, urgent = Waiting("late"), Waiting("urgent")
    acd.join(queue, late, priority=5)
    acd.join(queue, urgent, priority=1)
    acd.release(queue, first.agent)
    assert urgent.ticket is not None
    assert late.ticket is None


def test_a_time_adjustment_moves_a_contact_forward(bench: Any, acd: Acd):
    queue = acd.queue("sales")
    first = acd.join(queue, Waiting())
    patient, adjusted = Waiting(), Waiting()
    acd.join(queue, patient)
    bench.clock.run(until=10.0)
    acd.join(queue, adjusted, adjustment=60.0)
    acd.release(queue, first.agent)
    assert adjusted.ticket is not None


def test_a_full_queue_rejects_contacts(acd: Acd):
    queue = acd.queue("sales")
    assert [acd.join(queue, Waiting()) is not None for _ in range(4)] == [True, True, True, False]
    assert acd.statistics()["sales"].rejected == 1


def test_a_contact_that_leaves_frees_its_place_and_is_not_answered(bench: Any, acd: Acd):
    queue, gone, next_one = acd.queue("sales"), Waiting(), Waiting()
    first = acd.join(queue, Waiting())
    place = acd.join(queue, gone)
    bench.clock.run(until=5.0)
    acd.leave(place, abandoned=True)
    acd.leave(place, abandoned=True)
    acd.join(queue, next_one)
    acd.release(queue, first.agent)
    assert gone.ticket is None
    assert next_one.ticket is not None
    statistics = acd.statistics()["sales"]
    assert (statistics.abandoned, statistics.moved, statistics.waiting, statistics.longest_wait) == (
        1,
        0,
        0,
        5.0,
    )


def test_oldest_age_ignores_priorities(bench: Any, acd: Acd):
    queue = acd.queue("sales")
    acd.join(queue, Waiting())
    acd.join(queue, Waiting(), priority=9)
    bench.clock.run(until=7.0)
    acd.join(queue, Waiting(), priority=1)
    assert queue.oldest_age(bench.clock.now()) == 7.0
    assert acd.statistics()["sales"].largest_size == 2


@pytest.mark.parametrize("reference", ["sales", ARN, "q-1"])
def test_a_queue_is_found_by_name_arn_and_id(acd: Acd, reference: str):
    assert acd.queue(reference).name == "sales"
    assert acd.unnamed == {}


def test_a_queue_missing_from_the_scenario_answers_every_contact_and_is_reported(acd: Acd):
    queue = acd.queue("support")
    assert all(acd.join(queue, Waiting()).agent is not None for _ in range(100))
    assert list(acd.unnamed) == ["support"]
    assert acd.statistics()["support"].occupancy is None


def test_an_agents_own_queue_is_staffed_by_that_agent_alone(acd: Acd):
    queue = acd.agent_queue("arn:aws:connect:us-east-1:1:instance/i/agent/a-1")
    assert queue is acd.agent_queue("a-1")
    assert acd.join(queue, Waiting()).agent == 1
    assert acd.join(queue, Waiting()).agent is None


def test_a_queue_without_staff_and_places_rejects_every_contact(bench: Any):
    acd = Acd(bench.clock, {"empty": Queue("empty", 0, capacity=0)})
    assert acd.join(acd.queue("empty"), Waiting()) is None


def test_oldest_age_of_an_empty_queue_is_zero(acd: Acd):
    assert acd.queue("sales").oldest_age(100.0) == 0.0
    assert acd.statistics()["sales"].service_level is None


def test_abandoned_contacts_are_dropped_and_the_rest_keep_their_order(bench: Any, alive: Any):
    queue, before = Acd(bench.clock, {"big": Queue("big", 1)}).queue("big"), alive(Ticket)
    first = queue.join(Waiting(), 0.0, 5, 0.0)
    waiters = [Waiting(str(n)) for n in range(500)]
    tickets = [queue.join(w, 0.0, 5, 0.0) for w in waiters]
    for n in reversed(range(500)):
        ticket = tickets.pop()
        if n % 10:
            queue.leave(ticket, 1.0, abandoned=True)
    assert alive(Ticket) - before < 200
    queue.release(first.agent, 1.0)
    assert waiters[0].ticket is not None
    queue.release(waiters[0].ticket.agent, 1.0)
    assert waiters[10].ticket is not None


def test_a_resource_id_is_the_last_part_of_an_arn():
    assert resource_id(ARN) == "q-1"
    assert resource_id("Sales / East") == "Sales / East"


def test_a_queue_holds_no_reference_to_contacts_that_left_or_were_answered(acd: Acd):
    import gc
    import weakref

    queue = acd.queue("sales")
    first = acd.join(queue, Waiting())
    gone, answered = Waiting(), Waiting()
    kept = [weakref.ref(gone), weakref.ref(answered)]
    place = acd.join(queue, gone)
    acd.leave(place, abandoned=True)
    acd.join(queue, answered)
    acd.release(queue, first.agent)
    assert answered.ticket is not None
    del gone, answered, place
    gc.collect()
    assert [reference() for reference in kept] == [None, None]
    assert queue.oldest_age(1000.0) == 0.0


def test_statistics_can_be_reset_while_contacts_wait_and_talk(bench: Any, acd: Acd):
    queue, waiting = acd.queue("sales"), Waiting()
    first = acd.join(queue, Waiting())
    acd.join(queue, waiting)
    bench.clock.run(until=40.0)
    acd.restart()
    bench.clock.run(until=50.0)
    acd.release(queue, first.agent)
    statistics = acd.statistics()["sales"]
    assert (statistics.offered, statistics.answered, statistics.largest_size) == (0, 1, 1)
    assert (statistics.busy_seconds, statistics.observed_seconds, statistics.occupancy) == (10.0, 10.0, 1.0)
    assert statistics.longest_wait == 50.0


def test_contacts_in_an_unattended_queue_wait_until_agents_are_back(acd: Acd):
    held, other = acd.queue("sales"), acd.queue("not in the scenario")
    acd.leave_unattended(["sales"])
    waiting = Waiting()
    acd.join(held, waiting)
    assert waiting.ticket is None
    assert (held.available, held.staffed) == (0, 0)
    assert acd.join(other, Waiting()).agent is not None
    acd.leave_unattended(())
    assert waiting.ticket.agent == 1


def test_leaving_all_queues_unattended_includes_queues_created_later(acd: Acd):
    acd.leave_unattended(None)
    tickets = [acd.join(acd.queue(name), Waiting()) for name in ("sales", "later")]
    assert [ticket.agent for ticket in tickets] == [None, None]
