"""What a handler looked at."""

import copy
import json
from typing import Any

import pytest

from busyhour.handlers.noting import EMPTINESS, RecordedEvent, RecordedReads, at, parameters_in

EVENT = {
    "Details": {
        "ContactData": {"Attributes": {"tier": "gold"}, "CustomerEndpoint": None, "Queue": {"Name": "sales"}},
        "Parameters": {"phone": "+1", "topic": "billing"},
    },
    "Name": "ContactFlowEvent",
}
PARAMETERS = ("Details", "Parameters")


@pytest.mark.parametrize(
    ("look", "paths"),
    [
        (lambda e: e["Details"]["Parameters"]["phone"], {(*PARAMETERS, "phone")}),
        (lambda e: e["Details"]["Parameters"].get("missing"), {(*PARAMETERS, "missing")}),
        (lambda e: "topic" in e["Details"]["Parameters"], {(*PARAMETERS, "topic")}),
        (lambda e: e["Details"]["ContactData"], set()),
        (lambda e: e["Details"]["ContactData"]["Queue"]["Name"], {("Details", "ContactData", "Queue", "Name")}),
        (lambda e: e["Details"]["ContactData"]["CustomerEndpoint"], {("Details", "ContactData", "CustomerEndpoint")}),
        (lambda e: dict(e["Details"]["Parameters"]), {PARAMETERS, (*PARAMETERS, "phone"), (*PARAMETERS, "topic")}),
        (lambda e: list(e["Details"]["Parameters"]), {PARAMETERS}),
        (lambda e: [*e["Details"]["Parameters"].items()], {PARAMETERS}),
        (lambda e: e["Details"]["Parameters"] or {}, {(*PARAMETERS, EMPTINESS)}),
        (lambda e: (e["Details"]["Parameters"] or {}).get("phone"), {(*PARAMETERS, "phone"), (*PARAMETERS, EMPTINESS)}),
        (lambda e: e["Details"]["Parameters"] == {}, {PARAMETERS}),
        (lambda e: len(e["Details"]["Parameters"]), {PARAMETERS}),
        (lambda e: e["Details"]["Parameters"].pop("phone"), {(*PARAMETERS, "phone")}),
    ],
)  # fmt: skip
def test_what_is_looked_at_is_noted_and_nothing_else(look: Any, paths: set[tuple[str, ...]]):
    notes = RecordedReads()
    look(RecordedEvent(EVENT, notes))
    assert notes.read() == paths


@pytest.mark.parametrize(
    "params", [lambda e: e["Details"]["Parameters"], lambda e: e["Details"]["Parameters"] or {}]
)
def test_what_a_library_in_c_may_read_unseen_counts_as_read(params: Any):
    notes = RecordedReads()
    event = RecordedEvent(EVENT, notes)
    dict.items(params(event))
    assert event["Details"]["ContactData"]["Attributes"]["tier"] == "gold"
    tier = ("Details", "ContactData", "Attributes", "tier")
    assert notes.read(unseen=True) - {(*PARAMETERS, EMPTINESS)} == {PARAMETERS, tier}
    assert RecordedReads().read(unseen=True) == {()}


@pytest.mark.parametrize("write", [json.dumps, copy.deepcopy, repr, dict])
def test_writing_or_copying_an_event_reads_all_of_it(write: Any):
    notes = RecordedReads()
    write(RecordedEvent(EVENT, notes))
    assert () in notes.read()


def test_it_is_the_same_dictionary_to_a_handler():
    event = RecordedEvent(EVENT, RecordedReads())
    assert isinstance(event, dict)
    assert event == EVENT
    assert json.loads(json.dumps(event)) == EVENT
    with pytest.raises(KeyError):
        event["Detials"]


def test_values_at_paths_tell_absent_from_null():
    assert at(EVENT, (*PARAMETERS, "phone")) == "+1"
    assert at(EVENT, ("Details", "ContactData", "CustomerEndpoint")) is None
    assert at(EVENT, ("Details", "ContactData", "CustomerEndpoint", "Address")) is not None
    assert at(EVENT, (*PARAMETERS, EMPTINESS)) is True


def test_reading_all_of_the_event_reads_every_parameter():
    assert parameters_in({(*PARAMETERS, "phone"), ("Name",)}, EVENT) == ("phone",)
    assert parameters_in({()}, EVENT) == ("phone", "topic")
    assert parameters_in({(*PARAMETERS, EMPTINESS)}, EVENT) == ()
