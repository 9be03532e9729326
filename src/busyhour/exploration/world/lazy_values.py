"""Unset values that a flow reads, settled on first read.

Open values are contact attributes that no action has set in this call, keys of a function's response, return
values of bots and other services, and facts about the contact that the flows test. All other values are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from busyhour.exploration.world.answers import LONG, LazyAnswer
from busyhour.exploration.world.candidates import LISTS, Read, loop_list
from busyhour.exploration.world.choices import Option, Where
from busyhour.exploration.world.inherited import GIVEN_BY_SERVICES, OF_CONTACT, WITH_THE_CONTACT
from busyhour.exploration.world.record import Settled
from busyhour.flows import protocol as p
from busyhour.flows.actions import ASKABLE
from busyhour.flows.call import Call
from busyhour.flows.model import Action, FlowType

if TYPE_CHECKING:
    from busyhour.exploration.world.answers_world import World

_FIELDS = frozenset({"CustomerEndpoint", "SystemEndpoint", "InitiationMethod", "Queue", "Agent", "AwsRegion"})
_KNOWN = frozenset({("Lex", "IntentName"), ("Views", "Action"), ("LambdaInvocation", "InvocationId")})
"""Members contained in a response itself."""


class Settler:
    """Settles the open values of one call."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._touched: set[str] = set()
        self._open: dict[str, set[tuple[str, ...]]] = {}
        self._kept: dict[Where, Sequence[Option]] = {}
        self.stirred = False
        """Whether a value was settled since this was last set to False."""
        self.state = 0
        """A hash of the chosen values that can still be read."""

    def begin(self, call: Call) -> None:
        """Begin a call; if another flow ran before, it may have left values."""
        world = self._world
        self._touched.update(call.attributes)
        if world.entry.type is FlowType.MODULE:
            self._open |= {root: set() for root in ("Modules", *WITH_THE_CONTACT)}
        if world.inherits:
            call.external = world.played.inherited = LazyAnswer()
            self._open |= {root: set() for root in ("Lex", "StoredCustomerInput", "Metrics", "MediaStreams")}
            self._open |= {root: set() for root in GIVEN_BY_SERVICES}
        if world.entry.type in (FlowType.AGENT_WHISPER, FlowType.CUSTOMER_WHISPER, FlowType.OUTBOUND_WHISPER):
            call.agent = ("agent/1", "agent")

    def answered(self, effect: p.Effect, event: p.Event) -> None:
        """Register an event about to be sent: its values are open until read."""
        match effect, event:
            case p.Converse(), p.LexResult():
                self._open |= {"Lex": set(), "AgenticCX": set()}
            case p.ReadMetrics(metric=None), p.Metrics():
                self._open["Metrics"] = set()
            case p.Service(type=type), p.Succeeded() if type not in ASKABLE:
                self._open |= {root: set() for root in GIVEN_BY_SERVICES}
                self._open["Modules"] = set()

    def action(self, call: Call, action: Action, reads: Sequence[Read]) -> None:
        """Settle the values that an action about to run reads."""
        listed = loop_list(action)
        if listed:
            self._open["Loop"] = set()
        for read in reads:
            root = read.root
            if read.name == listed:
                self._list(call, action, read)
            elif root == "External":
                self._external(call, action, read)
            elif root == "Attributes":
                self._attribute(call, action, read)
            elif root in self._open:
                self._opened(call, action, read)
            elif root in OF_CONTACT or root in _FIELDS:
                self._contact(call, action, read)
        if action.behaviour == "attributes":
            given = action.parameters.get("Attributes")
            if isinstance(given, Mapping):
                self._touched.update(given)

    def _list(self, call: Call, action: Action, read: Read) -> None:
        """Settle the list that a loop runs over: of two elements, or of none."""
        external = call.external
        if read.root == "External" and isinstance(external, LazyAnswer):
            if read.path and read.path not in external.decided:
                external.settle(read.path, LISTS.get(self._choose(action, read) or ""))
        elif read.root in self._open and read.path and read.path not in self._open[read.root]:
            self._open[read.root].add(read.path)
            if _dig((call.extras or {}).get(read.root), read.path) is None:
                found = LISTS.get(self._choose(action, read) or "")
                if found is not None:
                    call.put_values({read.name: found})

    def _attribute(self, call: Call, action: Action, read: Read) -> None:
        key = ".".join(read.path)
        if key in self._touched or key in call.attributes:
            return
        self._touched.add(key)
        pools = self._world.context.pools
        if pools.of(read.name):
            value = self._choose(action, read)
            if value is not None:
                call.attributes[key] = value
            self._note(read, value)
        elif read.name not in pools.written and key:
            # No flow here sets or tests it: the creator of the contact set it.
            call.attributes[key] = key
            self._note(read, key)

    def _external(self, call: Call, action: Action, read: Read) -> None:
        external = call.external
        if not isinstance(external, LazyAnswer) or not read.path or read.path in external.decided:
            return
        if self._world.context.pools.of(read.name):
            value = self._choose(action, read)
        else:
            value = read.path[-1]
        if external.long and value is not None and value == read.path[-1]:
            value = (value + " ") * (LONG // (len(value) + 1) + 1)
        external.settle(read.path, value)

    def _opened(self, call: Call, action: Action, read: Read) -> None:
        decided = self._open[read.root]
        if read.path in decided or (read.root, *read.path) in _KNOWN:
            return
        if read.root == "StoredCustomerInput":
            if call.stored_input is None and self._world.context.pools.of(read.name):
                call.stored_input = self._choose(action, read)
                self._note(read, call.stored_input)
            decided.add(read.path)
            return
        extras = call.extras or {}
        if read.root == "Lex" and extras.get("Lex") is None and not self._world.inherits:
            return
        if not read.path or _dig(extras.get(read.root), read.path) is not None:
            return
        if read.root == "Modules" and read.path[0] not in ("Input", "ResultData"):
            return
        decided.add(read.path)
        pooled = self._world.context.pools.of(read.name)
        value = self._choose(action, read) if pooled else read.path[-1]
        self._note(read, value)
        if value is not None:
            call.put_values({read.name: value})

    def _contact(self, call: Call, action: Action, read: Read) -> None:
        if read.name in self._touched or not self._world.context.pools.of(read.name):
            return
        if read.root == "Queue" and call.queue is None:
            return
        if read.root == "Agent" and call.agent is None:
            return
        if read.root in OF_CONTACT and call.extras and read.root in call.extras:
            return
        if read.root in ("CustomerEndpoint", "SystemEndpoint") and read.path != ("Address",):
            return
        self._touched.add(read.name)
        value = self._choose(action, read)
        self._note(read, value)
        match read.root:
            case "CustomerEndpoint":
                call.contact = replace(call.contact, customer_endpoint=value)
            case "SystemEndpoint":
                call.contact = replace(call.contact, system_endpoint=value)
            case "InitiationMethod":
                call.contact = replace(call.contact, initiation_method=value or "INBOUND")
            case "AwsRegion":
                call.contact = replace(call.contact, region=value or call.contact.region)
            case "Queue":
                assert call.queue is not None
                self._touched.discard(read.name)
                self._touched.add(f"{read.name} of {call.queue}")
                call.queue_name = (value, "") if value and read.path == ("Name",) else call.queue_name
            case "Agent":
                assert call.agent is not None
                call.agent = (call.agent[0], value or call.agent[1])
            case root if read.path:
                call.put_values({read.name: value} if value is not None else {})
            case root:
                call.put(root, value)

    def _note(self, read: Read, value: str | None) -> None:
        played = self._world.played
        played.settled.append(Settled(read.name, value, len(played.moments)))

    def _choose(self, action: Action, read: Read) -> str | None:
        world = self._world
        where = Where(world.call.flow_name, action.identifier, read.name)
        options = self._kept.get(where)
        if options is None:
            options = self._kept[where] = world.context.value_options(read.name)
        option = world.choose(where, options)
        self.stirred = True
        value = option.choice.value
        self.state = hash((self.state, read.name, value))
        return None if value is None else str(value)


def _dig(value: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value
