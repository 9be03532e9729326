"""Steps of other services (tasks, cases, profiles, views, callbacks), and types that are not modelled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from busyhour.flows import protocol as p
from busyhour.flows.action_types import declared
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.failure import Cause
from busyhour.flows.matching import branches, number
from busyhour.flows.model import Action
from busyhour.flows.references import compile_value

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine


class Service(Node):
    """Requests a step of a service; flows can refer to the values it returns."""

    __slots__ = ("_branches", "_channels", "_parameters")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._parameters = compile_value(dict(action.parameters), machine.policy.missing_reference)
        self._branches = tuple(dict.fromkeys(branches(action)))
        self._channels = declared(action.type).limited_to

    def run(self, call: Call) -> Node | None:
        """Request the step, unless the service does not support the contact's channel."""
        if self._channels and call.contact.channel not in self._channels:
            return self.fail(call, detail=f"not for {call.contact.channel}", cause=Cause.CHANNEL)
        parameters: dict[str, Any] = (
            self._parameters(call) if callable(self._parameters) else self._parameters
        )
        if self.action.type == "CreateCallbackContact":
            parameters = {
                "QueueId": call.queue,
                **parameters,
                "CallbackNumber": call.callback_number or call.contact.customer_endpoint,
            }
        call.pending = p.Service(
            self.identifier, self.action.type, parameters, tuple(self.errors), self._branches
        )
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch for success or failure."""
        match event:
            case p.Succeeded(values, branch):
                call.put_values({**self._defaults(call), **values})
                return self.done(call, branch)
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)

    def done(self, call: Call, branch: str | None) -> Node | None:
        """Continue; with conditions, branch on the result."""
        if branch is not None and self.action.conditions:
            return self.choose(call, branch)
        return self.next

    def _defaults(self, call: Call) -> dict[str, Any]:
        """Return the values that the service always returns, for a driver that returns none."""
        contact = call.contact
        return {
            path: text.format(instance_arn=contact.instance_arn, contact_id=contact.contact_id)
            for path, text in declared(self.action.type).returns.items()
        }


class Branching(Service):
    """A service whose result selects a branch (outbound call status, percentage, segment)."""

    __slots__ = ()

    def done(self, call: Call, branch: str | None) -> Node | None:
        """Branch on the result; a missing result matches no condition."""
        return self.unmatched(call) if branch is None else self.choose(call, branch)


class Participating(Branching):
    """A service that the participant takes part in (a view, signing in); it ends a chain of functions."""

    __slots__ = ("_limit",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._limit = next((self.text(key) for key in _LIMITS if key in action.parameters), "")

    def run(self, call: Call) -> Node | None:
        """Request the step, which takes as long as a person does."""
        following = super().run(call)
        effect = call.pending
        if following is None and isinstance(effect, p.Service):
            limit = number(self._limit(call) if callable(self._limit) else self._limit)
            if limit is not None and "TimeLimitMinutes" in self.parameters:
                limit *= 60.0
            usual = self.machine.policy.person_seconds
            most = usual if limit is None or limit <= 0 else limit
            call.pending = replace(effect, person_seconds=min(usual, most), limit_seconds=most)
        return following

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch for success or failure, and reset the time of consecutive functions."""
        call.lambda_seconds = 0.0
        return super().resume(call, event)

    def done(self, call: Call, branch: str | None) -> Node | None:
        """Branch on the result, which views store."""
        if "Views" in declared(self.action.type).fills and branch is not None:
            call.put("Views", {**call.datum("Views", {}), "Action": branch})
        return super().done(call, branch)


_LIMITS = ("InvocationTimeLimitSeconds", "TimeLimitMinutes")
"""Parameters with the longest time that a step waits for a person."""


class Unmodelled(Node):
    """An unknown type: NextAction, else NoMatchingError's branch; the call records the type."""

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """Take the default path."""
        call.unmodelled_type(self.action.type)
        return (
            self.next
            if self.action.next_action
            else self.fail(call, detail=f"{self.action.type} is not modelled")
        )
