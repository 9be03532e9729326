"""Actions of an explored call without an effect: those that fail by themselves, and the one at which a failure is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from busyhour.exploration.world.record import ActionRun, Moment, Played
from busyhour.flows import protocol as p
from busyhour.flows.failure import Cause, Failure, emptied
from busyhour.flows.references import find, text_of

_TOLD = (p.Failed, p.LambdaFailed, p.HungUp, p.Stopped, p.AgentAnswered)
"""Events whose own sentence has the failure, or after which the action goes no further."""


class Steps:
    """The sentences of actions, in the order of the call.

    Args:
        played: the call.
        at: flow and identifier of an action that gets a sentence, unless it has a sentence before.
    """

    def __init__(self, played: Played, at: tuple[str, str] | None) -> None:
        self._runs = played.actions
        self._failures = {(one.flow, one.action): one for one in played.call.failures}
        self._at = at
        self._told = False
        self._wanted = -1
        for number, run in enumerate(played.actions):
            if (run.flow.name, run.action.identifier) == at:
                self._wanted = number
        self._done = 0

    def before(self, moment: Moment) -> Iterator[str]:
        """Tell the actions that ran without an effect before this moment's own."""
        yield from self._until(moment.run - 1 if self._owns(moment) else moment.run)

    def of(self, moment: Moment, told: bool) -> Iterator[str]:
        """Tell the moment's own action, if it failed although its effect did not, or has no sentence yet."""
        if not self._owns(moment) or self._done >= moment.run:
            return
        number = moment.run - 1
        later = moment.effect.type if isinstance(moment.effect, p.Service) else ""
        if not isinstance(moment.event, _TOLD):
            failed = self._failure(number)
            if failed:
                told = True
                yield failed
        self._told |= told and self._is_at(number)
        if number == self._wanted and not self._told:
            yield f"{later or self._runs[number].action.type} `{_name(self._runs[number])}` is run"
        self._done = moment.run

    def rest(self) -> Iterator[str]:
        """Tell the actions after the last effect."""
        yield from self._until(len(self._runs))

    def _owns(self, moment: Moment) -> bool:
        effect = moment.effect
        if isinstance(effect, p.Ended) or not 0 < moment.run <= len(self._runs):
            return False
        return self._runs[moment.run - 1].action.identifier == effect.action

    def _until(self, end: int) -> Iterator[str]:
        for number in range(self._done, end):
            failed = self._failure(number)
            self._told |= bool(failed) and self._is_at(number)
            if failed:
                yield failed
            elif number == self._wanted and not self._told:
                yield f"{self._runs[number].action.type} `{_name(self._runs[number])}` is run"
        self._done = max(self._done, end)

    def _is_at(self, number: int) -> bool:
        run = self._runs[number]
        return (run.flow.name, run.action.identifier) == self._at

    def _failure(self, number: int) -> str:
        run = self._runs[number]
        failure = self._failures.get((run.flow.name, run.action.identifier))
        failed = run.branch is None or run.branch[0] == "error"
        return _sentence(failure, _name(run)) if failure is not None and failed else ""


def _sentence(failure: Failure, name: str) -> str:
    empty = failure.cause is Cause.EMPTY_REFERENCE and failure.what.startswith("$")
    why = f"{failure.detail}: {failure.what} is empty" if empty else failure.detail
    return f"{failure.type} `{name}` fails" + (f": {why}" if why else "")


def _name(run: ActionRun) -> str:
    return run.action.display_name or run.action.identifier


def empty_parameters(raw: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return the references in parameters whose values are empty, as text."""
    names = [
        emptied(value) for key, value in raw.items() if find(text_of(value)) and given.get(key) in (None, "")
    ]
    return ", ".join(dict.fromkeys(names))
