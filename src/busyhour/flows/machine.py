"""The flow machine: runs exported flows without I/O, clock or chance.

A machine is made once for a set of flows and runs any number of calls. A call yields effects ("play this for
3.2 s", "invoke this function") and receives events; `flows.protocol` lists which event answers which effect.
`flows.policy` has the choices for behaviour that AWS does not document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from busyhour.errors import BusyhourError
from busyhour.flows import protocol as p
from busyhour.flows.actions import make
from busyhour.flows.actions.waiting import Holds
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.contact import Contact
from busyhour.flows.export.layout import queue_names as layout_names
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Action, Flow
from busyhour.flows.policy import Policy
from busyhour.flows.protocol import ProtocolError

__all__ = ["Call", "Contact", "FlowLibrary", "Machine", "Observer", "Policy", "ProtocolError"]


class Observer(Protocol):
    """Receives the actions and branches of calls, for traces and coverage; a machine without one runs faster."""

    def on_action(self, call: Call, flow: Flow, action: Action) -> None:
        """Called before an action is run."""

    def on_branch(self, call: Call, flow: Flow, action: Action, kind: str, index: int) -> None:
        """Called when a branch is taken; `kind` is `next`, `condition` or `error`, `index` its place among those."""


class Machine:
    """Runs calls through the flows of a library.

    Args:
        library: the flows.
        policy: choices for what AWS does not document.
        prompt_seconds: lengths of prompts in seconds, by prompt id, ARN or name, or by identifier of the
            action.
        observer: receives every action and branch.
        queue_names: (name, ARN) of queues by the id or ARN that flows use, for `$.Queue` before the contact is
            queued; they take precedence over the names in the exports' layouts.
    """

    def __init__(
        self,
        library: FlowLibrary,
        *,
        policy: Policy | None = None,
        prompt_seconds: Mapping[str, float] | None = None,
        observer: Observer | None = None,
        queue_names: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.library = library
        self.policy = policy or Policy()
        self.prompt_seconds = prompt_seconds or {}
        self.observer = observer
        self.queue_names: Mapping[str, tuple[str, str]] = {**layout_names(library), **(queue_names or {})}
        self._compiled: dict[int, Compiled] = {}
        nowhere = Compiled(Flow("", None, "", ()), self, make)
        self.holding = Holding(nowhere, self)
        self.talking = Talking(nowhere, self)
        self.waiting = Holds(nowhere, self)

    def call(self, entry: Flow | str, contact: Contact | None = None) -> Call:
        """Create a call that begins in `entry` (a flow, or a reference to one of the library).

        Raises:
            BusyhourError: the library lacks the flow.
        """
        flow = self.library.get(entry) if isinstance(entry, str) else entry
        return Call(self, self._compile(flow), contact or Contact())

    def compiled(self, reference: str) -> Compiled | None:
        """Return the compiled flow for `reference`, None if the library lacks it."""
        flow = self.library.resolve(reference)
        return None if flow is None else self._compile(flow)

    def _compile(self, flow: Flow) -> Compiled:
        found = self._compiled.get(id(flow))
        if found is None:
            try:
                found = Compiled(flow, self, make)
            except RecursionError:
                raise BusyhourError(
                    f"flow {flow.name!r} has parameters nested too deeply",
                    f"Correct {flow.path or 'the flow'}: exports nest a few levels deep.",
                ) from None
            self._compiled[id(flow)] = found
        return found


class _Waiting(Node):
    """A node at which no flow runs."""

    __slots__ = ()
    counts = False

    def __init__(self, flow: Compiled, machine: Machine) -> None:
        super().__init__(Action("", "", {}, None), flow, machine)


class Holding(_Waiting):
    """The customer waits in the queue without a flow: Connect's default queue flow plays music."""

    __slots__ = ("effect",)

    def __init__(self, flow: Compiled, machine: Machine) -> None:
        super().__init__(flow, machine)
        self.effect = p.Loop("", "", float("inf"))

    def run(self, call: Call) -> Node | None:
        """Yield a loop without an interrupt."""
        call.pending = self.effect
        return None


class Talking(_Waiting):
    """Agent and customer talk."""

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """Yield the conversation."""
        call.pending = p.Talk("", call.agent[0] if call.agent else "")
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Continue after the conversation."""
        if isinstance(event, p.Done):
            return call.talked(event.by)
        return super().resume(call, event)
