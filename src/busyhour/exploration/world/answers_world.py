"""The world of one explored call: the machine's observer, which makes every choice.

The machine requests answers through effects. A value that it reads without an effect (an unset attribute, a key
of a function's response) is settled on first read. The choice is thus made where it matters, from the values
that the flows test, and a call has no more choices than needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from busyhour.exploration.world.answers import event_of, stand_in_options
from busyhour.exploration.world.arrivals import AFTER
from busyhour.exploration.world.choices import Choice, Decision, Option, Where
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.inherited import always_inherits
from busyhour.exploration.world.lazy_values import Settler
from busyhour.exploration.world.record import ActionRun, Moment, Played, Transition
from busyhour.exploration.world.stubs import MODULE_STAND_IN, is_stand_in
from busyhour.flows import protocol as p
from busyhour.flows.action_types import declared
from busyhour.flows.call import Call
from busyhour.flows.contact import Contact
from busyhour.flows.fork import key as moment_key
from busyhour.flows.lifecycle import Stage
from busyhour.flows.model import Action, Flow, FlowType
from busyhour.flows.playback.call_trace import Tracer

Decider = Callable[["World", Where, Sequence[Option]], Option]
"""Makes one choice."""

MOST_DECISIONS = 400
"""Choices after which an explored call is abandoned."""
_HAPPENS = 10.0
"""Seconds until an event for which a contact waits occurs."""
LONGEST = 24 * 3600.0
"""Seconds after which an explored call is abandoned."""

_ENTERED_WITH_A_QUEUE = {
    FlowType.CUSTOMER_QUEUE,
    FlowType.CUSTOMER_WHISPER,
    FlowType.AGENT_WHISPER,
    FlowType.OUTBOUND_WHISPER,
    FlowType.QUEUE_TRANSFER,
    FlowType.AGENT_TRANSFER,
    FlowType.MODULE,
    FlowType.CUSTOMER_HOLD,
    FlowType.AGENT_HOLD,
}


class World:
    """Plays one call. Implements the machine's `Observer`.

    Args:
        context: the flows and everything known about them.
        entry: where the call begins.
        decider: makes the choices.
        tracer: receives all steps for a printed trace.
        most: choices after which the call is abandoned.
    """

    def __init__(
        self,
        context: Context,
        entry: Flow,
        decider: Decider,
        tracer: Tracer | None = None,
        most: int = MOST_DECISIONS,
    ) -> None:
        self.context = context
        self.entry = entry
        self.inherits = always_inherits(entry)
        """Whether a flow ran before this one that may have left values."""
        self.visits: dict[Where, int] = {}
        """Number of times each choice was made in this call."""
        self.last: dict[Where, Choice] = {}
        """The last choice at each place."""
        self.call: Call
        self._decide = decider
        self._tracer = tracer
        self._most = most
        self._now = 0.0
        self._settler = Settler(self)
        self._due = (0.0, "")
        """When the wait beside which the flow continues is over, and the event that ends it."""
        self._refused = 0
        """Views that this contact was refused, since its channel has none."""
        self._queue = "the queue" if entry.type in _ENTERED_WITH_A_QUEUE else None

    # ------------------------------------------------------------------------------------------ playing

    def play(self) -> Played:
        """Play the call to its end, or until it is abandoned."""
        context = self.context
        self.call = context.machine.call(self.entry, Contact(queue=self._queue))
        played = self.played = Played(self.entry, self.call)
        chosen = self.choose(Where(self.entry.name, "", "contact"), context.contact_options(self.entry))
        if chosen.choice.value:
            known = {key: value for key, value in dict(chosen.choice.value).items() if key != AFTER}
            if AFTER in chosen.choice.value:
                self.inherits = True
                self._queue = "the queue"
            self.call = played.call = context.machine.call(self.entry, Contact(queue=self._queue, **known))
        context.machine.observer = self
        self._settler.begin(self.call)
        try:
            self._run()
        except Exception as error:
            # Any exception of the machine here is a finding. An exception by which a decider stops is passed on.
            if not _is_from_the_machine(error):
                raise
            played.crash = error
        finally:
            context.library.run(None)
        played.seconds = self._now
        return played

    def _run(self) -> None:
        call, played = self.call, self.played
        if self._tracer is not None:
            self._tracer.started(call)
        effect = call.start()
        loop: dict[Any, int] = {}
        while True:
            self._weigh()
            if self._tracer is not None:
                self._tracer.yielded(call, effect)
            if self._refused > 1:
                # Shown by the first refusal; what follows is for contacts that can see views.
                played.cut = True
                return
            if isinstance(effect, p.Ended):
                return
            if len(played.decisions) >= self._most or self._now > LONGEST:
                played.cut = True
                return
            if (
                self._settler.stirred
                or call.stage not in (Stage.MAIN, Stage.REMAINING)
                or played.waits_by_nature
                or call.continues_beside
            ):
                loop.clear()
                self._settler.stirred = False
            else:
                now = moment_key(call)
                before = loop.get(now)
                if before is not None:
                    played.endless = (before, len(played.moments))
                    return
                loop[now] = len(played.moments)
            event = self._event(effect)
            if not played.moments[-1].passive:
                loop.clear()
            effect = call.send(event)

    def _event(self, effect: p.Effect) -> p.Event:
        call, played = self.call, self.played
        where, options = self._options(effect)
        stage, run = int(call.stage), len(played.actions)
        option = self.choose(where, options)
        found = event_of(option.choice, effect, self.context.real_answer)
        if found is None:
            # A choice for another place: replayed calls may be older than a change of the flow.
            option = options[0]
            played.decisions[-1].option = option
            found = event_of(option.choice, effect, self.context.real_answer)
            assert found is not None
        event, seconds = self._beside(effect, option.choice, *found)
        at = len(played.decisions) - 1
        played.moments.append(
            Moment(
                self._now, seconds, run, effect, option.choice, event, stage, option.passive, option.fault, at
            )
        )
        self._now += seconds
        self._settler.answered(effect, event)
        if self._tracer is not None:
            self._tracer.answered(event, seconds)
        return event

    def _beside(
        self, effect: p.Effect, choice: Choice, event: p.Event, seconds: float
    ) -> tuple[p.Event, float]:
        """Return the end of the wait beside which the flow continues where that comes first."""
        if isinstance(effect, p.Pause) and effect.continues and isinstance(event, p.Succeeded):
            branch = "CustomerReturned" if choice.kind == "returned" else str(choice.value or "")
            self._due = self._now + (min(effect.seconds, _HAPPENS) if branch else effect.seconds), branch
        elif self.call.continues_beside and not isinstance(event, p.HungUp):
            due, branch = self._due
            if self._now + seconds >= due:
                return p.WaitOver(branch), due - self._now
        return event, seconds

    def _options(self, effect: p.Effect) -> tuple[Where, Sequence[Option]]:
        call = self.call
        identifier = "" if isinstance(effect, p.Ended) else effect.action
        if isinstance(effect, p.Service) and effect.type == MODULE_STAND_IN:
            caller = call.frames[-1].node if call.frames else None
            name = caller.flow.name if caller is not None else call.flow_name
            where = Where(name, caller.identifier if caller is not None else identifier, "module")
            return where, stand_in_options(None if caller is None else caller.action, self.context.pools)
        runs = self.played.actions
        action = runs[-1].action if runs and runs[-1].action.identifier == identifier else None
        where = Where(call.flow_name if identifier else "", identifier, type(effect).__name__)
        return where, self.context.options(effect, action, call.is_queued)

    def choose(self, where: Where, options: Sequence[Option]) -> Option:
        """Let the decider choose, and record the choice."""
        option = self._decide(self, where, options)
        self.played.decisions.append(Decision(where, options, option, self._state(), len(self.played.path)))
        self.visits[where] = self.visits.get(where, 0) + 1
        self.last[where] = option.choice
        return option

    def _state(self) -> int:
        """Return a hash of the other state that determines the rest of the call."""
        call = self.call
        loops = (
            frozenset((node.identifier, count) for node, count in call.loops.items()) if call.loops else None
        )
        frames = len(call.frames) if call.frames else 0
        beside = self._due[1] if call.continues_beside else None
        return hash(
            (call.stage, call.contact.channel, loops, frames, beside, call.queue is None, self._settler.state)
        )

    def _weigh(self) -> None:
        size = sum(len(key.encode()) + len(value.encode()) for key, value in self.call.attributes.items())
        self.played.attribute_bytes = max(self.played.attribute_bytes, size)

    # ---------------------------------------------------------------------------------------- observing

    def on_action(self, call: Call, flow: Flow, action: Action) -> None:
        """Record an action."""
        played = self.played
        run = ActionRun(flow, action, self._now, int(call.stage))
        played.actions.append(run)
        if action.behaviour == "participating":
            self._refused += call.contact.channel not in declared(action.type).channels
        if action.behaviour == "to-queue":
            run.queue_unset = not call.queue and not call.agent_target
        elif action.behaviour == "disconnect" and is_stand_in(flow):
            played.elsewhere = True
        self.context.library.run(action)
        reads = self.context.reads(action)
        if reads:
            self._settler.action(call, action, reads)
        if self._tracer is not None:
            self._tracer.now = self._now
            self._tracer.on_action(call, flow, action)

    def on_branch(self, call: Call, flow: Flow, action: Action, kind: str, index: int) -> None:
        """Record a branch."""
        place = self.context.places.get(id(action))
        if place is not None:
            self.played.path.append(Transition(*place, kind, index))
        for run in reversed(self.played.actions):
            if run.action is action:
                run.branch = (kind, index)
                break
        if self._tracer is not None:
            self._tracer.on_branch(call, flow, action, kind, index)


def _is_from_the_machine(error: Exception) -> bool:
    """Whether the flow machine raised the error: the innermost frame of busyhour is in `busyhour.flows`."""
    frame, module = error.__traceback__, ""
    while frame is not None:
        name = str(frame.tb_frame.f_globals.get("__name__", ""))
        if name.startswith("busyhour."):
            module = name
        frame = frame.tb_next
    return module.startswith("busyhour.flows.")
