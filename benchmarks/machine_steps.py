"""Steps per second of the flow machine beside a hand-written straight-line version, and memory of a waiting call.

Both take the same caller through examples/helpdesk (greeted by name, opens a ticket, waits in the queue, talks to an
agent) and are checked to yield the same effects first. A step is one action of a flow.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Generator

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.export.reader import read_file
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Call, Machine
from busyhour.shipped import shipped_root

FLOWS = shipped_root() / "examples" / "helpdesk" / "flows"
INSTANCE = "arn:aws:connect:us-east-1:123456789012:instance/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
QUEUE = f"{INSTANCE}/queue/77777777-7777-4777-8777-777777777777"
FLOW_IDS = {
    "contact-flow/33333333-3333-4333-8333-333333333333": "Helpdesk queue",
    "contact-flow/44444444-4444-4444-8444-444444444444": "Helpdesk agent whisper",
}
LOOKUP = {"found": "yes", "customerId": "C-1", "firstName": "Ann", "tier": "gold"}
TICKET = {"ticketNumber": "4711", "spokenNumber": "4 7 1 1"}
EVENTS: tuple[p.Event, ...] = (
    p.LambdaResult(LOOKUP, 120),
    p.Done(),
    p.Digits("1"),
    p.LambdaResult(TICKET, 60),
    p.Done(),
    p.Hours(True),
    p.Queued("Support", QUEUE),
    p.Metrics({"NumberOfContactsInQueue": 7}),
    p.Done(),
    p.AgentAnswered("agent/1", "ann"),
    p.Done(),
    p.Done(),
    p.Done("agent"),
)
"""What the world answers, one for each effect of this caller's way."""

MENU = "To report a problem, press 1. For the status of a ticket, press 2. For your account, press 3."
WAIT = "Please stay on the line. The next free colleague is yours."

Conversation = Generator[p.Effect, p.Event, None]


def straight_line(contact: Contact, lookup: p.Invoke, hold: p.Loop) -> Conversation:
    """The helpdesk as a developer would write it by hand for this one caller; `lookup` and `hold` give constants."""

    def event(parameters: dict[str, str], attributes: dict[str, str]) -> dict[str, object]:
        template = lookup.event["Details"]["ContactData"]
        data = {**template, "Attributes": dict(attributes), "ContactId": contact.contact_id}
        return {"Details": {"ContactData": data, "Parameters": parameters}, "Name": "ContactFlowEvent"}

    def say(action: str, text: str, audience: p.Audience = p.Audience.CUSTOMER) -> p.Play:
        return p.Play(action, text, len(text) / 15.0, audience)

    attributes: dict[str, str] = {}
    parameters = {"phone": contact.customer_endpoint or ""}
    answer = yield p.Invoke("Look up the caller", lookup.function_arn, event(parameters, attributes), 4.0)
    assert isinstance(answer, p.LambdaResult)
    external = answer.payload
    if external["found"] == "yes":
        attributes.update({key: external[key] for key in ("customerId", "firstName", "tier")})
        yield say("Greet by name", f"Hello {external['firstName']}, welcome back to the helpdesk.")
    answer = yield p.Collect("Main menu", MENU, len(MENU) / 15.0, 5.0, True, ("1", "2", "3"))
    assert isinstance(answer, p.Digits)
    if answer.digits != "1":
        return
    attributes["topic"] = "a new problem"
    parameters = {"phone": contact.customer_endpoint or "", "topic": attributes["topic"]}
    answer = yield p.Invoke(
        "Open a ticket", f"{FUNCTION}helpdesk-open-ticket", event(parameters, attributes), 4.0
    )
    assert isinstance(answer, p.LambdaResult)
    external = answer.payload
    attributes["ticketNumber"] = external["ticketNumber"]
    yield say("Say the ticket number", f"Your ticket has the number {external['spokenNumber']}.")
    yield p.CheckHours("Are we open", None, QUEUE)
    yield p.Enqueue("Transfer to the queue", QUEUE)
    answer = yield p.ReadMetrics("Read the queue", QUEUE, None, None, "Voice")
    assert isinstance(answer, p.Metrics)
    yield say("Say how many wait", f"Callers waiting, {answer.values['NumberOfContactsInQueue']}.")
    answer = yield hold
    assert isinstance(answer, p.AgentAnswered)
    if attributes["tier"] == "gold":
        yield say("Say that it is gold", "Gold customer.", p.Audience.AGENT)
    yield say("Say the topic", f"About {attributes['topic']}.", p.Audience.AGENT)
    yield p.Talk("", answer.agent)
    yield p.Ended(p.EndReason.AGENT_DISCONNECT)


def through_machine(machine: Machine, number: int) -> Call:
    """One call of the machine, from start to end."""
    call = machine.call("Helpdesk main", Contact(contact_id=str(number), instance_arn=INSTANCE))
    call.start()
    for event in EVENTS:
        call.send(event)
    return call


def by_hand(lookup: p.Invoke, hold: p.Loop, number: int) -> None:
    """The same call by hand."""
    conversation = straight_line(Contact(contact_id=str(number), instance_arn=INSTANCE), lookup, hold)
    next(conversation)
    for event in EVENTS:
        conversation.send(event)


def calls_per_second(one: Callable[[int], object], seconds: float = 2.0, rounds: int = 5) -> float:
    """By CPU time, best of several rounds: other work on the machine only ever slows a round down."""
    best = 0.0
    for _ in range(rounds):
        done, start = 0, time.process_time()
        while (passed := time.process_time() - start) < seconds / rounds:
            for number in range(50):
                one(number)
            done += 50
        best = max(best, done / passed)
    return best


def bytes_per_waiting_call(machine: Machine, number: int = 2000) -> float:
    """Memory of a call that waits at the main menu, its attributes and the Lambda answer included."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    calls = []
    for one in range(number):
        call = machine.call("Helpdesk main", Contact(contact_id=f"contact-{one}", instance_arn=INSTANCE))
        call.start()
        call.send(
            p.LambdaResult(
                {key: f"{value}-{one}" if key != "found" else value for key, value in LOOKUP.items()}
            )
        )
        call.send(p.Done())
        assert isinstance(call.pending, p.Collect)
        calls.append(call)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / len(calls)


def main() -> None:
    """Measure, compare, print."""
    flows = [read_file(path) for path in sorted(FLOWS.glob("*.json"))]
    aliases = {f"{INSTANCE}/{tail}": name for tail, name in FLOW_IDS.items()}
    machine = Machine(FlowLibrary(flows, aliases))
    call = machine.call("Helpdesk main", Contact(contact_id="0", instance_arn=INSTANCE))
    effects = [call.start(), *(call.send(event) for event in EVENTS)]
    lookup, hold = effects[0], effects[9]
    assert isinstance(lookup, p.Invoke)
    assert isinstance(hold, p.Loop)
    conversation = straight_line(Contact(contact_id="0", instance_arn=INSTANCE), lookup, hold)
    same = [next(conversation), *(conversation.send(event) for event in EVENTS)]
    for ours, theirs in zip(effects, same, strict=True):
        assert ours == theirs, f"the two versions part:\n  {ours}\n  {theirs}"
    steps = through_machine(machine, 0).actions_run
    ours_rate = calls_per_second(lambda number: through_machine(machine, number))
    peer_rate = calls_per_second(lambda number: by_hand(lookup, hold, number))
    print(f"{steps} actions and {len(effects)} effects a call")
    print(f"machine        {ours_rate:10,.0f} calls/s {ours_rate * steps:12,.0f} steps/s")
    print(f"straight line  {peer_rate:10,.0f} calls/s {peer_rate * steps:12,.0f} steps/s")
    print(f"the machine takes {peer_rate / ours_rate:.2f} times as long")
    print(f"a waiting call takes {bytes_per_waiting_call(machine):,.0f} bytes")
    print(
        json.dumps(
            {
                "benchmark": "machine_steps",
                "value": round(ours_rate * steps),
                "unit": "steps/s",
                "peer": "hand-written straight-line Python",
                "peer_value": round(peer_rate * steps),
                "ratio": round(ours_rate / peer_rate, 4),
            }
        )
    )


if __name__ == "__main__":
    main()
