"""Record of one explored call, for coverage, invariants and stories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from busyhour.exploration.world.choices import Choice, Decision
from busyhour.flows import protocol as p
from busyhour.flows.call import Call
from busyhour.flows.model import Action, Flow, FlowType


class Transition(NamedTuple):
    """One branch of one action.

    `flow` is the index of the flow in the library, `action` that of the action in the flow; `kind` is `next`,
    `condition` or `error`, `number` its place among those.
    """

    flow: int
    action: int
    kind: str
    number: int


@dataclass(slots=True)
class ActionRun:
    """An action that was run, `at` seconds into the call. `branch` is the one it took, None if it took none."""

    flow: Flow
    action: Action
    at: float
    stage: int
    branch: tuple[str, int] | None = None
    queue_unset: bool = False
    """Whether neither queue nor agent was set when the action was run."""


@dataclass(slots=True)
class Moment:
    """One effect and the world's answer. `run` is the number of actions run before; its own is the last."""

    at: float
    seconds: float
    run: int
    effect: p.Effect
    choice: Choice
    event: p.Event
    stage: int
    passive: bool
    fault: bool
    decision: int

    @property
    def is_heard(self) -> bool:
        """Whether the customer hears a prompt, sees a view, or talks to an agent or third party."""
        effect = self.effect
        if isinstance(effect, p.Play):
            return effect.audience is p.Audience.CUSTOMER and not isinstance(self.event, p.Failed)
        if isinstance(effect, p.Service):
            shown = not isinstance(self.event, p.Failed) or self.event.error_type == "TimeLimitExceeded"
            return effect.person_seconds > 0.0 and shown
        return isinstance(effect, p.Loop | p.Collect | p.Converse | p.Talk)

    @property
    def is_lambda_failure(self) -> bool:
        """Whether a function that the flow waits for returned no usable response."""
        return (
            isinstance(self.event, p.LambdaFailed)
            and isinstance(self.effect, p.Invoke)
            and not self.effect.asynchronous
        )


class Settled(NamedTuple):
    """A reference that got a value on first read; `moments` is the number of moments before."""

    name: str
    value: str | None
    moments: int


@dataclass(slots=True)
class Played:
    """One explored call.

    `endless` gives the moments of a loop in which the caller made no progress: (first,
    last + 1). `cut` is set if the exploration abandoned the call, `crash` if the machine raised an exception.
    """

    entry: Flow
    call: Call
    decisions: list[Decision] = field(default_factory=list)
    actions: list[ActionRun] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    path: list[Transition] = field(default_factory=list)
    """Transitions in the order in which they were taken."""
    seconds: float = 0.0
    settled: list[Settled] = field(default_factory=list)
    """Values that the flow read before they were set, responses of functions excluded."""
    inherited: Mapping[str, Any] | None = None
    """`$.External` when the flow was entered, if another flow ran before; filled as it is read."""
    attribute_bytes: int = 0
    """Largest total size of the contact's attributes at any time, in bytes."""
    endless: tuple[int, int] | None = None
    cut: bool = False
    crash: BaseException | None = None
    elsewhere: bool = False
    """Whether the call continued in a flow that is missing here."""

    @property
    def taken(self) -> set[Transition]:
        """Transitions that were taken."""
        return set(self.path)

    @property
    def choices(self) -> list[Choice]:
        """The choices that reproduce this call."""
        return [one.option.choice for one in self.decisions]

    @property
    def ended(self) -> p.Ended | None:
        """How the call ended; None if the exploration cut it off."""
        pending = self.call.pending
        return pending if isinstance(pending, p.Ended) and not self.cut and self.endless is None else None

    @property
    def hung_up(self) -> bool:
        """Whether the caller hung up."""
        return any(isinstance(one.event, p.HungUp) for one in self.moments[-1:])

    def action_of(self, moment: Moment) -> ActionRun | None:
        """Return the action of an effect, None while the customer is held or talks."""
        for run in reversed(self.actions[: moment.run]):
            if (
                run.action.identifier == moment.effect.action
                if not isinstance(moment.effect, p.Ended)
                else False
            ):
                return run
        return None

    @property
    def waits_by_nature(self) -> bool:
        """Whether the entry is a flow for a waiting customer or agent: running without end is its purpose."""
        return self.entry.type in (FlowType.CUSTOMER_QUEUE, FlowType.CUSTOMER_HOLD, FlowType.AGENT_HOLD)
