"""Agents with routing profiles: who is offered what, and when."""

from __future__ import annotations

import pytest

from busyhour.calls.acd import Acd
from busyhour.calls.acd.agents import Agent, Profile, Skill
from busyhour.emulator.server.timers import VirtualClock
from busyhour.scenarios.model import Queue


class Caller:
    """Notes who took the contact and when."""

    def __init__(self, clock):
        self.clock = clock
        self.taken_at = None

    def taken(self, ticket):
        self.taken_at = self.clock.now()


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def acd(clock):
    return Acd(clock, {name: Queue(name, agents=0) for name in ("sales", "support")})


def employ(acd, name, *skills, **more):
    agent = Agent(name, f"arn:{name}", Profile(tuple(skills), **more))
    acd.team.put(agent)
    return agent


def join(acd, clock, queue, channel="VOICE", priority=5):
    caller = Caller(clock)
    ticket = acd.join(acd.queue(queue), caller, priority, 0.0, channel)
    return ticket, caller


def test_no_contact_is_answered_before_an_agent_signs_in(acd, clock):
    ada = employ(acd, "ada", Skill(acd.queue("sales")))
    ticket, caller = join(acd, clock, "sales")
    clock.advance(7)
    assert ticket.agent is None
    acd.sign(ada, signed_in=True)
    assert (ticket.member, caller.taken_at) == (ada, 7)


def test_a_signed_out_agent_finishes_current_contacts_and_takes_no_more(acd, clock):
    ada = employ(acd, "ada", Skill(acd.queue("sales")))
    acd.sign(ada, signed_in=True)
    first, _ = join(acd, clock, "sales")
    second, _ = join(acd, clock, "sales")
    acd.sign(ada, signed_in=False)
    acd.wrapped_up(first)
    assert first.member is ada
    assert second.agent is None


def test_the_queue_with_the_first_priority_is_served_first_then_the_contact_that_waits_longest(acd, clock):
    ada = employ(acd, "ada", Skill(acd.queue("sales"), priority=2), Skill(acd.queue("support"), priority=1))
    waiting = []
    for queue in ("sales", "support", "support"):
        waiting.append(join(acd, clock, queue)[0])
        clock.advance(1)
    acd.sign(ada, signed_in=True)
    order = []
    for _ in waiting:
        (current,) = [ticket for ticket in waiting if ticket.member is ada and ticket not in order]
        order.append(current)
        acd.wrapped_up(current)
    assert order == [waiting[1], waiting[2], waiting[0]]


def test_a_more_urgent_contact_goes_first_within_a_queue(acd, clock):
    ada = employ(acd, "ada", Skill(acd.queue("sales")))
    usual, _ = join(acd, clock, "sales", priority=5)
    urgent, _ = join(acd, clock, "sales", priority=1)
    acd.sign(ada, signed_in=True)
    assert (usual.member, urgent.member) == (None, ada)


def test_an_agent_takes_a_contact_only_after_the_profile_delay(acd, clock):
    ada = employ(acd, "ada", Skill(acd.queue("sales"), delay=30))
    acd.sign(ada, signed_in=True)
    ticket, caller = join(acd, clock, "sales")
    clock.advance(29.9)
    assert ticket.agent is None
    clock.advance(0.2)
    assert caller.taken_at == pytest.approx(30)


def test_the_agent_who_has_been_idle_longest_is_offered_the_contact(acd, clock):
    ada, bob = (employ(acd, name, Skill(acd.queue("sales"))) for name in ("ada", "bob"))
    acd.sign(bob, signed_in=True)
    clock.advance(1)
    acd.sign(ada, signed_in=True)
    first, _ = join(acd, clock, "sales")
    assert first.member is bob
    second, _ = join(acd, clock, "sales")
    assert second.member is ada
    acd.wrapped_up(second)
    clock.advance(1)
    acd.wrapped_up(first)
    assert join(acd, clock, "sales")[0].member is ada


def test_concurrency_is_by_channel_and_one_channel_excludes_the_others(acd, clock):
    sales = acd.queue("sales")
    skills = (Skill(sales, "CHAT"), Skill(sales, "VOICE"))
    ada = employ(acd, "ada", *skills, concurrency={"VOICE": 1, "CHAT": 2})
    acd.sign(ada, signed_in=True)
    chats = [join(acd, clock, "sales", "CHAT")[0] for _ in range(3)]
    call, _ = join(acd, clock, "sales", "VOICE")
    assert [ticket.member for ticket in chats] == [ada, ada, None]
    assert call.agent is None
    acd.wrapped_up(chats[0])
    assert chats[2].member is ada
    acd.wrapped_up(chats[1])
    acd.wrapped_up(chats[2])
    assert call.member is ada


def test_a_channel_may_be_open_to_others(acd, clock):
    sales = acd.queue("sales")
    ada = employ(
        acd,
        "ada",
        Skill(sales, "CHAT"),
        Skill(sales, "VOICE"),
        concurrency={"VOICE": 1, "CHAT": 2},
        open_channels=frozenset({"CHAT"}),
    )
    acd.sign(ada, signed_in=True)
    join(acd, clock, "sales", "CHAT")
    assert join(acd, clock, "sales", "VOICE")[0].member is ada
    assert join(acd, clock, "sales", "CHAT")[0].member is None


def test_agents_of_one_queue_take_contacts_first_and_are_counted_separately(clock):
    acd = Acd(clock, {"sales": Queue("sales", agents=1)})
    ada = employ(acd, "ada", Skill(acd.queue("sales")))
    acd.sign(ada, signed_in=True)
    tickets = [join(acd, clock, "sales")[0] for _ in range(3)]
    queue = acd.queue("sales")
    assert [ticket.member for ticket in tickets] == [None, ada, None]
    assert (tickets[0].agent, queue.busy, queue.waiting) == (1, 2, 1)
    assert (queue.staffed, queue.available) == (2, 0)
    acd.wrapped_up(tickets[0])
    assert (tickets[2].member, tickets[2].agent) == (None, 1)
    assert queue.statistics(0.0).answered == 3


def test_a_removed_agent_is_offered_no_contact(acd, clock):
    ada = employ(acd, "ada", Skill(acd.queue("sales")))
    acd.sign(ada, signed_in=True)
    acd.team.remove(ada)
    assert join(acd, clock, "sales")[0].agent is None
    assert acd.team.of(acd.queue("sales")) == ()
