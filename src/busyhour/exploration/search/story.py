"""An explored call as a story: the steps of all participants, until it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from busyhour.exploration.search.steps import Steps, empty_parameters
from busyhour.exploration.world.arrivals import AFTER
from busyhour.exploration.world.choices import Decision
from busyhour.exploration.world.record import Moment, Played
from busyhour.exploration.world.stubs import MODULE_STAND_IN
from busyhour.flows import protocol as p
from busyhour.flows.action_types import declared
from busyhour.flows.actions import ASKABLE
from busyhour.flows.actions.functions import function_name
from busyhour.flows.failure import emptied


def story(played: Played, at: tuple[str, str] | None = None) -> list[str]:
    """Return one sentence per event and per action that fails; repetitions are collapsed.

    Args:
        played: the call.
        at: flow and identifier of an action that gets a sentence in any case.
    """
    return list(_folded(list(_tell(played, Steps(played, at)))))


def _folded(sentences: list[str]) -> Iterator[str]:
    """Collapse up to six sentences that repeat unchanged, with their number."""
    at = 0
    while at < len(sentences):
        length, times = max(
            ((one, _rounds(sentences, at, one)) for one in range(1, 7)), key=lambda r: r[0] * (r[1] - 1)
        )
        if times < 3:
            yield sentences[at]
            at += 1
            continue
        yield from sentences[at : at + length]
        what = "this" if length == 1 else f"these {length} things"
        yield f"({what} {times} times in all)"
        at += length * times


def _rounds(sentences: list[str], at: int, length: int) -> int:
    times = 1
    first = sentences[at : at + length]
    while sentences[at + times * length : at + (times + 1) * length] == first:
        times += 1
    return times


def _tell(played: Played, steps: Steps) -> Iterator[str]:
    contact = next((one for one in played.decisions if one.where.what == "contact"), None)
    yield _arrival(contact, played)
    values = [(at, one) for at, one in enumerate(played.decisions) if one.choice.kind == "value"]
    first, last = played.endless or (len(played.moments), len(played.moments))
    for at, moment in enumerate(played.moments):
        while values and values[0][0] < moment.decision:
            yield from _value(values.pop(0)[1])
        if at == first and played.endless is not None:
            yield "from here the call loops:"
        yield from steps.before(moment)
        sentence = _moment(moment, played)
        if sentence:
            yield sentence
        yield from steps.of(moment, bool(sentence))
    for _, decision in values:
        yield from _value(decision)
    yield from steps.rest()
    if played.endless is not None:
        rounds = "these things" if last - first > 1 else "this"
        yield f"and {rounds} repeatedly, without end"
    elif played.crash is not None:
        yield f"the flow machine fails: {type(played.crash).__name__}: {played.crash}"
    elif played.cut:
        yield "and so on (the exploration stopped here)"
    elif played.ended is not None:
        yield _end(played)


def _arrival(decision: Decision | None, played: Played) -> str:
    given: dict[str, Any] = dict(decision.choice.value or {}) if decision is not None else {}
    contact = played.call.contact
    after = given.pop(AFTER, False)
    what = {"VOICE": "a call", "CHAT": "a chat", "TASK": "a task"}.get(
        contact.channel, contact.channel.lower()
    )
    notes = []
    if given.get("customer_endpoint", "") is None:
        notes.append("with no caller's number")
    if given.get("initiation_method") == "API":
        notes.append("started by an API")
    if after:
        notes.append("transferred from another flow")
    return " ".join([f"{what} enters {played.entry.name!r}", *notes])


def _value(decision: Decision) -> Iterator[str]:
    name, value = decision.where.what, decision.choice.value
    if name.startswith("External."):
        return
    shown = "nothing" if value is None else repr(value)
    root, _, key = name.partition(".")
    if root == "Attributes":
        yield f"the contact's attribute `{key}` is {shown}"
    else:
        yield f"`$.{name}` is {shown}"


def _moment(moment: Moment, played: Played) -> str:
    effect, event = moment.effect, moment.event
    if isinstance(event, p.HungUp):
        return "the caller hangs up"
    if isinstance(event, p.AgentAnswered):
        return "an agent answers"
    if isinstance(event, p.WaitOver):
        return f"the event {event.branch!r} ends the wait" if event.branch else "the time of the wait is over"
    match effect:
        case p.Play(text=text, audience=audience):
            if isinstance(event, p.Failed):
                return f"the prompt {_short(text)} cannot be played ({event.error_type})"
            if not text.strip():
                run = played.action_of(moment)
                given = (
                    ""
                    if run is None
                    else emptied(run.action.parameters.get("Text") or run.action.parameters.get("SSML"))
                )
                return "the prompt has no text" + (f": {given} is empty" if given else "")
            who = "the agent" if audience is p.Audience.AGENT else "the caller"
            keys = f" and presses {event.keys} meanwhile" if isinstance(event, p.Done) and event.keys else ""
            return f"{who} hears {_short(text)}{keys}"
        case p.Loop(text=text):
            return f"the caller waits, hearing {_short(text)}" if text else "the caller is held"
        case p.Collect(text=text):
            return f"the caller hears {_short(text)} and {_entered(event)}"
        case p.Converse(text=text, bot=bot):
            name = bot.rpartition("/")[2] or "bot"
            prompt = f"hears {_short(text)} and " if text.strip() else ""
            return f"the caller {prompt}{_event_text(event, name)}"
        case p.Invoke():
            return _function(effect, event, moment)
        case p.CheckHours():
            return (
                _failed(event)
                or (
                    f"the override {event.override!r} is in force"
                    if isinstance(event, p.Hours) and event.override
                    else ""
                )
                or f"it is {'within' if isinstance(event, p.Hours) and event.open else 'out of'} hours"
            )
        case p.ReadMetrics():
            values = dict(event.values) if isinstance(event, p.Metrics) else {}
            shown = ", ".join(
                f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"
                for key, value in values.items()
            )
            return _failed(event) or f"the queue's metrics: {shown or 'nothing'}"
        case p.Enqueue(queue=queue, agent=agent):
            name = (agent or queue or "?").rpartition("/")[2]
            if isinstance(event, p.AtCapacity):
                return f"the queue {name!r} is full"
            return _failed(event, f"the transfer to {name!r}") or f"the caller is put into the queue {name!r}"
        case p.Talk():
            return f"they talk, until the {event.by if isinstance(event, p.Done) else 'caller'} hangs up"
        case p.Dial(number=number):
            return _failed(event, f"the call to {number}") or f"{number} answers"
        case p.Pause(seconds=seconds):
            return _failed(event) or _paused(event, seconds)
        case p.Service():
            return _service(effect, event, moment, played)
        case _:
            return ""


def _paused(event: p.Event, seconds: float) -> str:
    match event:
        case p.CustomerReturned():
            return "the customer returns"
        case p.Succeeded(branch="Continue"):
            return "the flow continues while it waits"
        case p.Succeeded(branch="BotParticipantDisconnected"):
            return "the bot leaves"
        case p.Succeeded(branch=str(happened)):
            return f"the event {happened!r} ends the wait"
        case _:
            return f"{seconds:g} seconds pass"


def _service(effect: p.Service, event: p.Event, moment: Moment, played: Played) -> str:
    run = played.action_of(moment)
    name = effect.type if run is None else run.action.display_name or run.action.identifier
    if effect.type == MODULE_STAND_IN:
        result = moment.choice.value
        return f"the module returns {result!r}" if result else "the module is run"
    if isinstance(event, p.Failed):
        return f"{effect.type} `{name}` fails ({event.error_type})"
    if effect.type in ASKABLE:
        return ""
    branch = event.branch if isinstance(event, p.Succeeded) else None
    lacks = "" if run is None else empty_parameters(run.action.parameters, effect.parameters)
    given = f", though {lacks} is empty," if lacks else ""
    return f"{effect.type} `{name}` works{given}" + (f" and gives {branch!r}" if branch else "")


def _function(effect: p.Invoke, event: p.Event, moment: Moment) -> str:
    name = f"Lambda `{function_name(effect.function_arn)}`"
    if isinstance(event, p.LambdaFailed):
        return f"{name} fails ({event.kind}{': ' + event.detail if event.detail else ''})"
    payload = event.payload if isinstance(event, p.LambdaResult) else None
    late = f" after {moment.seconds:g} s" if moment.seconds >= 1 else ""
    shown = "nothing" if payload == {} else _json(payload)
    return f"{name} answers {shown}{late}"


def _entered(event: p.Event) -> str:
    if isinstance(event, p.Digits):
        return f"presses {event.digits}" + (f", then {event.later}" if event.later else "")
    return _failed(event, "reading the keys") or "presses nothing"


def _event_text(event: p.Event, bot: str) -> str:
    if isinstance(event, p.LexResult):
        return (
            f"bot {bot!r} understands {event.intent!r}" if event.intent else f"bot {bot!r} recognises nothing"
        )
    return _failed(event, f"bot {bot!r}") or "says nothing"


def _failed(event: p.Event, what: str = "it") -> str:
    return f"{what} fails ({event.error_type})" if isinstance(event, p.Failed) else ""


def _end(played: Played) -> str:
    ended = played.ended
    assert ended is not None
    if played.elsewhere:
        return "the contact continues in a flow that is missing here"
    words = {
        p.EndReason.FLOW_DISCONNECT: "the flow disconnects the contact",
        p.EndReason.CUSTOMER_DISCONNECT: "the call is over",
        p.EndReason.AGENT_DISCONNECT: "the call is over",
        p.EndReason.THIRD_PARTY_DISCONNECT: "the contact is with the third party",
        p.EndReason.STOPPED: "the contact is stopped",
        p.EndReason.FLOW_ERROR: f"the flow breaks off: {ended.detail}",
    }
    if declared(ended.terminal or "").behaviour in ("end-flow", "end-module"):
        return "the flow is over, the contact continues"
    return words[ended.reason]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 70 else f"{text[:67]}...")


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."
