"""A call that was played for a test, with the questions that tests ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.flows.playback.call_trace import Trace


@dataclass(frozen=True)
class PlayedCall:
    """One call. Its text (`print(call)`) is what `busyhour trace` prints."""

    trace: Trace

    @property
    def heard(self) -> list[str]:
        """What the customer heard, in order: prompts, menus, what a bot or a queue said."""
        from busyhour.flows import protocol as p

        spoken = (p.Play, p.Loop, p.Collect, p.Converse)
        return [
            step.effect.text
            for step in self.trace.steps
            if isinstance(step.effect, spoken)
            and step.effect.text
            and not (isinstance(step.effect, p.Play) and step.effect.audience is p.Audience.AGENT)
        ]

    @property
    def invoked(self) -> list[str]:
        """Names of the Lambda functions that were invoked, in order."""
        from busyhour.flows import protocol as p
        from busyhour.flows.actions.functions import function_name

        return [
            function_name(step.effect.function_arn)
            for step in self.trace.steps
            if isinstance(step.effect, p.Invoke)
        ]

    @property
    def queues(self) -> list[str]:
        """Ids of the queues (or agents) that it was put into, in order."""
        from busyhour.flows import protocol as p

        return [
            (step.effect.agent or step.effect.queue or "").rpartition("/")[2]
            for step in self.trace.steps
            if isinstance(step.effect, p.Enqueue)
        ]

    @property
    def actions(self) -> list[str]:
        """Names of the actions that were run, as the designer shows them."""
        ran = (step.action for step in self.trace.steps if step.action is not None)
        return [action.display_name or action.identifier for action in ran]

    @property
    def ended(self) -> str:
        """Why it ended: CUSTOMER_DISCONNECT, AGENT_DISCONNECT, CONTACT_FLOW_DISCONNECT, ..."""
        return self.trace.ended.reason.value

    @property
    def attributes(self) -> Mapping[str, str]:
        """The contact's attributes at its end."""
        return self.trace.call.attributes

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.trace.seconds

    def __str__(self) -> str:
        from busyhour.flows.playback import call_trace as trace

        return "\n".join(trace.lines(self.trace))

    def __repr__(self) -> str:
        return f"<call of {self.seconds:.0f} s, {len(self.actions)} actions, {self.ended}>"
