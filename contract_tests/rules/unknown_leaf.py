"""A reference whose root exists, with a name below it that Connect does not fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from busyhour.api.rules import FlowView, Problem, did_you_mean, rule

_ANY: Mapping[str, Any] = {"*": {}}
_END: Mapping[str, Any] = {}
_ENDPOINT = {"Address": _END, "Type": _END, "DisplayName": _END}
_AUDIO = {
    "StreamARN": _END,
    "StartTimestamp": _END,
    "StopTimestamp": _END,
    "StartFragmentNumber": _END,
}
_BELOW: Mapping[str, Mapping[str, Any]] = {
    "Agent": {"ARN": _END, "FirstName": _END, "LastName": _END, "UserName": _END},
    "AwsRegion": _END,
    "Channel": _END,
    "ContactId": _END,
    "CustomerEndpoint": _ENDPOINT,
    "InitialContactId": _END,
    "InitiationMethod": _END,
    "InstanceARN": _END,
    "LanguageCode": _END,
    "MediaStreams": {"Customer": {"Audio": _AUDIO}},
    "Metrics": {
        "Agents": {
            **{
                one: {"Count": _END}
                for one in ("AfterContactWork", "Available", "Busy", "Missed", "NonProductive")
            },
            **{one: {"Count": _END} for one in ("OnContact", "Online", "Staffed", "Error")},
        },
        "Contact": {"EstimatedWaitTime": _END, "PositionInQueue": _END},
        "Queue": {
            **dict.fromkeys(("ARN", "EstimatedWaitTime", "Name", "OldestContactAge", "Size"), _END),
        },
    },
    "PreviousContactId": _END,
    "Queue": {"ARN": _END, "Name": _END, "OutboundCallerId": _ENDPOINT},
    "RelatedContactId": _END,
    "StoredCustomerInput": _END,
    "SystemEndpoint": _ENDPOINT,
    "TextToSpeechVoiceId": _END,
}
"""Names below each root that has a fixed set of them."""


@rule(
    id="unknown-leaf",
    severity="warning",
    summary="A reference whose root exists, with a name below it that Connect does not fill",
    why="Such a reference is empty on every call.",
    fix="Use a name of AWS's list; upper and lower case count.",
    source="AWS administrator guide, list of available contact attributes and their JSONPath references",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """References below a root whose names are all known."""
    reported: set[tuple[int, str]] = set()
    for read in flow.reads:
        reference = read.reference
        known = _BELOW.get(reference.root)
        if known is None or not reference.text.startswith(("$.", "$[")):
            continue
        wrong = _wrong(known, reference.path, f"$.{reference.root}")
        key = (read.action, reference.text)
        if wrong and key not in reported:
            reported.add(key)
            yield flow.problem(
                f"{reference.text} is empty on every call: {wrong}",
                *read.pointer,
                action=flow.actions[read.action],
            )


def _wrong(known: Mapping[str, Any], path: tuple[str, ...], above: str) -> str:
    """Return what is wrong with the names below a root; empty where nothing is."""
    for part in path:
        if not known:
            return f"{above} has no names below it"
        if part not in known:
            return f"there is no {above}.{part}.{did_you_mean(part, known)}"
        known, above = known[part], f"{above}.{part}"
    return ""
