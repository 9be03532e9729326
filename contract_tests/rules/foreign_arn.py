"""An ARN of another account, Region or instance than the rest of the flow or project."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from busyhour.api.rules import PLACEHOLDER, ActionView, FlowView, Home, Pointer, Problem, rule

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>connect|lambda|lex):(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
    r":(?P<account>\d{12}):(?P<rest>[^\s\"']+)"
)
_PLACE = re.compile(r"arn:aws[a-z-]*:(?:connect|lambda|lex):([^:\s]+:\d{12}):")
_INSTANCE = re.compile(r"instance/([0-9a-f]{8}-[0-9a-f-]{27})")
_EXAMPLES = re.compile(r"(\d)\1{11}|123456789012|012345678901|000123456789|111122223333|098765432109")
"""Account numbers of documentation, which stand for a real one."""

_MAJORITY = 3
"""The rest is spoken of only where it agrees in at least this many ARNs."""


class _Named(NamedTuple):
    action: ActionView
    pointer: Pointer
    text: str
    region: str
    account: str
    instance: str


@rule(
    id="foreign-arn",
    severity="warning",
    summary="An ARN of another account, Region or instance than the rest of the flow or project",
    why="A flow belongs to one instance: resources of another instance or Region cannot be reached. "
    "Most often the ARN was left over when the flow was copied from another environment.",
    fix="Use the ARN of the resource in this instance.",
    source="AWS administrator guide, import and export flows: resources of another instance are not found",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """ARNs that differ from the others of the flow, or from those of most flows in the project."""
    if flow.document is None or "arn:aws" not in flow.document.text:
        return
    home = flow.project.flow_set.home
    if home == Home() and _all_of_one(flow.document.text):
        return
    named = list(_named(flow))
    own = _own_instance(flow)
    where = "of this flow"
    rest = Home(
        _majority([one.region for one in named]),
        _majority([one.account for one in named]),
        own or _majority([one.instance for one in named if one.instance]),
    )
    if rest == Home():
        rest, where = home, "of this project"
    for one in named:
        for kind, its, usual in (
            ("instance", one.instance, rest.instance),
            ("Region", one.region, rest.region),
            ("account", one.account, rest.account),
        ):
            if its and usual and its != usual:
                yield flow.problem(
                    f"{one.text} is of {kind} {its}, the rest {where} of {usual}",
                    *one.pointer,
                    action=one.action,
                )
                break


def _all_of_one(text: str) -> bool:
    """Whether all ARNs in the text of a file agree, so that nothing can be found."""
    if "arn:aws" not in text:
        return True
    if len(set(_PLACE.findall(text))) > 1:
        return False
    return len(set(_INSTANCE.findall(text))) <= 1


def _own_instance(flow: FlowView) -> str:
    """Return the instance of the flow itself; empty where the export does not name it."""
    envelope = flow.document.envelope if flow.document is not None else {}
    arn = envelope.get("Arn")
    found = _INSTANCE.search(arn) if isinstance(arn, str) else None
    return found[1] if found else ""


def _majority(values: list[str]) -> str:
    """Return the value that nearly all share; empty if there is none."""
    counts = Counter(values).most_common(2)
    if len(counts) < 2 or counts[0][1] < _MAJORITY or counts[0][1] < 3 * counts[1][1]:
        return ""
    return counts[0][0]


def _named(flow: FlowView) -> Iterator[_Named]:
    for action in flow.actions:
        for pointer, text in _strings(action.parameters, ("Parameters",)):
            found = _ARN.search(text)
            if found is None or PLACEHOLDER.search(text) or _EXAMPLES.fullmatch(found["account"]):
                continue
            instance = _INSTANCE.match(found["rest"]) if found["service"] == "connect" else None
            yield _Named(
                action, pointer, found[0], found["region"], found["account"], instance[1] if instance else ""
            )


def _strings(value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        if "arn:aws" in value:
            yield pointer, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(inner, (*pointer, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _strings(inner, (*pointer, at))
