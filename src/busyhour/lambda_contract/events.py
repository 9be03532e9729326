"""Hypothesis strategies for the events that Connect sends to a function, in every documented or observed shape.

Shapes: queue, endpoints and customer that are null; no attributes; contacts created by an API; chats and tasks;
older instances that omit members and newer ones that add some. `flow_schemas/lambda-event.schema.json`
describes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from busyhour.flows.contact import INSTANCE_ARN
from busyhour.flows.references import find, text_of
from busyhour.lambda_contract.contract import Invocation

_ID = "0f6b2c1e-7d5a-4c39-9a56-2f4d1b7e8c90"
_OLDER_LACK = ("AwsRegion", "CustomerId", "Description", "LanguageCode", "MediaStreams", "Name", "References")
_NEWER_ADD = ("RelatedContactId", "SegmentAttributes", "Tags")

_numbers = st.sampled_from(["+15555550100", "+15555550123", "+4915555550100", "anonymous"])
_endpoints = _numbers.map(lambda number: {"Address": number, "Type": "TELEPHONE_NUMBER"})
_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
_names = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,15}", fullmatch=True)


def contact_data() -> st.SearchStrategy[dict[str, Any]]:
    """Generate `Details.ContactData`; it shrinks to an ordinary inbound call."""
    return st.builds(
        _contact,
        way=st.sampled_from(["INBOUND", "API", "OUTBOUND", "TRANSFER", "CALLBACK", "QUEUE_TRANSFER"]),
        channel=st.sampled_from(["VOICE", "VOICE", "CHAT", "TASK"]),
        customer=_endpoints | st.none(),
        system=_endpoints | st.none(),
        queue=st.sampled_from([None, "Support"]),
        attributes=st.dictionaries(_names, _words, max_size=4),
        audio=st.booleans(),
        lacks=st.sets(st.sampled_from(_OLDER_LACK + _NEWER_ADD)),
    )


def _contact(
    way: str,
    channel: str,
    customer: dict[str, str] | None,
    system: dict[str, str] | None,
    queue: str | None,
    attributes: dict[str, str],
    audio: bool,
    lacks: set[str],
) -> dict[str, Any]:
    made = way == "API"
    found: dict[str, Any] = {
        "Attributes": attributes,
        "AwsRegion": "us-east-1",
        "Channel": channel,
        "ContactId": _ID,
        "CustomerEndpoint": None if made else customer,
        "CustomerId": None,
        "Description": None,
        "InitialContactId": _ID,
        "InitiationMethod": way,
        "InstanceARN": INSTANCE_ARN,
        "LanguageCode": "en-US",
        "MediaStreams": {"Customer": {"Audio": {"StreamARN": f"{INSTANCE_ARN}/stream"} if audio else None}},
        "Name": None,
        "PreviousContactId": _ID,
        "Queue": None
        if queue is None
        else {"ARN": f"{INSTANCE_ARN}/queue/{_ID}", "Name": queue, "OutboundCallerId": None},
        "References": {},
        "RelatedContactId": None,
        "SegmentAttributes": {},
        "SystemEndpoint": None if made else system,
        "Tags": {},
    }
    for key in lacks:
        del found[key]
    return found


def parameters(
    invocation: Invocation, samples: Mapping[str, Sequence[str]] | None = None
) -> st.SearchStrategy[dict[str, str]]:
    """Generate `Details.Parameters` of one invocation: constants as exported, references empty or with any value.

    Args:
        invocation: the invocation.
        samples: candidate values, by parameter.
    """
    given = {
        key: _parameter(text_of(raw), (samples or {}).get(key, ()))
        for key, raw in invocation.parameters.items()
    }
    return st.fixed_dictionaries(given)


def _parameter(text: str, samples: Sequence[str]) -> st.SearchStrategy[str]:
    found = find(text)
    if not found:
        return st.just(text)
    tried = [*samples, "+15555550100", "1234", "yes"]
    value = st.sampled_from(tried) | st.just("") | _words
    if len(found) == 1 and found[0].text == text:
        return value
    return value.map(lambda one: "".join((text[: found[0].start], one, text[found[-1].end :])))


def events(
    invocation: Invocation, samples: Mapping[str, Sequence[str]] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Generate whole events of one invocation."""
    return st.builds(
        lambda contact, given: {
            "Details": {"ContactData": contact, "Parameters": given},
            "Name": "ContactFlowEvent",
        },
        contact_data(),
        parameters(invocation, samples),
    )
