"""The flows under exploration with everything known about them before a call is played."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from busyhour.exploration.world import answers, arrivals
from busyhour.exploration.world.candidates import CandidateValues, Read, reads_of
from busyhour.exploration.world.choices import Choice, Option
from busyhour.exploration.world.inherited import (
    always_inherits,
    is_guide,
    reads_before_filled,
    sets_queue,
    uses_queue_before_set,
)
from busyhour.exploration.world.record import Transition
from busyhour.exploration.world.stubs import OpenLibrary
from busyhour.flows import protocol as p
from busyhour.flows.actions.functions import function_name
from busyhour.flows.call import Call
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Flow, FlowType
from busyhour.flows.policy import ALL, Policy
from busyhour.flows.references import find, text_of

RealFunction = Callable[[Mapping[str, object]], p.LambdaResult | p.LambdaFailed]
"""Invokes a real function with an event."""


class Context:
    """Flows, and a machine for them whose observer is the world of the current call.

    Args:
        flows: the flows; each can be the entry of explored calls.
        aliases: ARN, id or placeholder in the exports -> name of a flow.
        policy: choices for what AWS does not document; every action that can fail is a choice regardless of it.
        functions: real functions by name; responses of others are generated.
    """

    def __init__(
        self,
        flows: Iterable[Flow],
        aliases: Mapping[str, str] | None = None,
        *,
        policy: Policy | None = None,
        functions: Mapping[str, RealFunction] | None = None,
    ) -> None:
        self.library = OpenLibrary(flows, aliases)
        self.flows: tuple[Flow, ...] = tuple(self.library)
        self.functions = functions or {}
        self.policy = replace(policy or Policy(), ask=ALL)
        self.machine = Machine(self.library, policy=self.policy, observer=_NoWorld())
        self.pools = CandidateValues(self.flows)
        self.places: dict[int, tuple[int, int]] = {
            id(action): (at, index)
            for at, flow in enumerate(self.flows)
            for index, action in enumerate(flow.actions)
        }
        self._reads: dict[int, tuple[Read, ...]] = {}
        self._options: dict[tuple[object, ...], list[Option]] = {}
        self._inherits: dict[int, bool] = {}
        self._open_transfers = False
        """Whether some flow transfers to one that a value names."""
        self._targets = self._find_targets()

    def index(self, flow: Flow) -> int:
        """Return the number of a flow in the library."""
        return next(at for at, one in enumerate(self.flows) if one is flow)

    def transitions(self, flow: Flow) -> list[Transition]:
        """Return every transition of a flow, in the order of the export."""
        at = self.index(flow)
        found: list[Transition] = []
        for index, action in enumerate(flow.actions):
            found += [Transition(at, index, "condition", one) for one in range(len(action.conditions))]
            found += [Transition(at, index, "error", one) for one in range(len(action.errors))]
            if action.next_action is not None:
                found.append(Transition(at, index, "next", 0))
        return found

    def reads(self, action: Action) -> tuple[Read, ...]:
        """Return the references that an action reads."""
        found = self._reads.get(id(action))
        if found is None:
            found = self._reads[id(action)] = reads_of(action)
        return found

    def options(self, effect: p.Effect, action: Action | None, queued: bool) -> Sequence[Option]:
        """Return the options now; cached, since they are the same for the same action."""
        infinite = isinstance(effect, p.Loop) and effect.seconds == float("inf")
        real = isinstance(effect, p.Invoke) and not effect.asynchronous and self._function(effect) is not None
        key = (id(action), type(effect), queued, infinite, real)
        found = self._options.get(key)
        if found is None:
            found = answers.options(effect, action, queued, self.pools)
            if real:
                found.insert(0, Option(Choice("calls"), passive=True))
            self._options[key] = found
        return found

    def contact_options(self, flow: Flow) -> Sequence[Option]:
        """Return how a contact can enter the flow."""
        key = ("contact", id(flow))
        found = self._options.get(key)
        if found is None:
            after = self.inherits(flow) and not always_inherits(flow)
            led_to = flow.type is None or id(flow) in self._targets
            queued = after and led_to and uses_queue_before_set(flow) and not sets_queue(flow)
            found = arrivals.contact_options(after, self.flows, self.pools, only=queued)
            if after and id(flow) not in self._targets and not self._needs(flow):
                # Nothing shows that another flow leads here, and nothing excludes it.
                found.sort(key=lambda one: not one.guided or arrivals.AFTER in (one.choice.value or {}))
            if is_guide(flow):
                found = [one for one in found if (one.choice.value or {}).get("channel", "VOICE") != "VOICE"]
            self._options[key] = found
        return found

    def value_options(self, name: str) -> Sequence[Option]:
        """Return the possible values of a reference: the candidates, then no value."""
        key = ("value", name)
        found = self._options.get(key)
        if found is None:
            values = self.pools.of(name)
            found = [Option(Choice("value", one)) for one in values]
            found.append(Option(Choice("value"), guided=not values or name in self.pools.dynamic))
            self._options[key] = found
        return found

    def inherits(self, flow: Flow) -> bool:
        """Whether contacts can enter the flow with values left by another one: responses, a queue."""
        found = self._inherits.get(id(flow))
        if found is None:
            found = always_inherits(flow) or (
                flow.type is not FlowType.MODULE
                and (id(flow) in self._targets or self._open_transfers or self._needs(flow))
            )
            self._inherits[id(flow)] = found
        return found

    def _needs(self, flow: Flow) -> bool:
        return reads_before_filled(flow) or uses_queue_before_set(flow)

    def real_answer(self, effect: p.Invoke) -> p.LambdaResult | p.LambdaFailed | None:
        """Return the real function's response, None without one."""
        function = self._function(effect)
        return None if function is None else function(effect.event)

    def _function(self, effect: p.Invoke) -> RealFunction | None:
        name = function_name(effect.function_arn)
        return self.functions.get(name) or self.functions.get(effect.function_arn)

    def _find_targets(self) -> set[int]:
        """Return the flows in which another flow's contacts continue, by a transfer or an event hook."""
        found: set[int] = set()
        for flow in self.flows:
            for named in (name for action in flow.actions for name in _continued_in(action)):
                self._open_transfers |= bool(find(named))
                target = self.library.known(named)
                if target is not None and target is not flow:
                    found.add(id(target))
        return found


def _continued_in(action: Action) -> Iterator[str]:
    """Return what the action gives for the flows in which the contact continues."""
    if action.behaviour == "transfer-to-flow":
        yield text_of(action.parameters.get("ContactFlowId"))
    hooks = action.parameters.get("EventHooks") if action.behaviour == "event-hooks" else None
    if isinstance(hooks, Mapping):
        yield from map(text_of, hooks.values())


class _NoWorld:
    """Placeholder for the world until a call is played."""

    def on_action(self, call: Call, flow: Flow, action: Action) -> None:
        """Ignore the action."""

    def on_branch(self, call: Call, flow: Flow, action: Action, kind: str, index: int) -> None:
        """Ignore the branch."""
