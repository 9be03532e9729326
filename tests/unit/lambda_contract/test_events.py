"""Generated events are such as Connect sends; real ones fit the same schema."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from referencing import Registry, Resource

from busyhour.flows.contact import Contact
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Flow
from busyhour.flows.protocol import Invoke
from busyhour.lambda_contract.contract import Invocation, Place, State
from busyhour.lambda_contract.events import events
from busyhour.shipped import shipped_root

SCHEMA = json.loads(
    (shipped_root() / "flow_schemas" / "lambda-event.schema.json").read_text(encoding="utf-8")
)
REAL = (Path(__file__).parents[3] / "../shared/corpus/lambda/events").resolve()
INVOCATION = Invocation(
    Place("main", "look up"),
    {"fixed": "value", "phone": "$.CustomerEndpoint.Address", "both": "tel:$.Attributes.phone;"},
    "STRING_MAP",
    4.0,
    False,
    State(),
)
validator = jsonschema.Draft202012Validator(SCHEMA)
complete = jsonschema.Draft202012Validator(
    {"$ref": f"{SCHEMA['$id']}#/$defs/complete"},
    registry=Registry().with_resource(SCHEMA["$id"], Resource.from_contents(SCHEMA)),
)


@given(events(INVOCATION))
def test_generated_events_fit_the_schema_and_pass_what_the_flow_passes(event):
    complete.validate(event)
    given_ = event["Details"]["Parameters"]
    assert given_["fixed"] == "value"
    assert given_["both"].startswith("tel:")
    assert given_["both"].endswith(";")


SHAPES = {
    "no queue": lambda contact: contact.get("Queue") is None,
    "a queue": lambda contact: contact.get("Queue") is not None,
    "no customer": lambda contact: contact.get("CustomerEndpoint") is None,
    "made by an API": lambda contact: contact["InitiationMethod"] == "API",
    "no attributes": lambda contact: contact["Attributes"] == {},
    "attributes": lambda contact: contact["Attributes"] != {},
    "a chat": lambda contact: contact["Channel"] == "CHAT",
    "an older instance": lambda contact: "LanguageCode" not in contact,
    "a newer instance": lambda contact: "Tags" in contact,
}


def test_every_shape_comes_up():
    seen = set()

    @settings(max_examples=150, database=None, derandomize=True, deadline=None)
    @given(events(INVOCATION))
    def look(event):
        contact = event["Details"]["ContactData"]
        seen.update(name for name, fits in SHAPES.items() if fits(contact))

    look()
    assert seen == set(SHAPES)


SHORTENED = {
    "GetConfigLambda": "a sample in a docstring that leaves the channel out",
    "contact-surveys": "samples in a README that leave out half of the event",
    "target_processing_event": "a hand-written parameter that is a number; Connect sends strings",
    "ReadCustomerLambdaTest": "a hand-written queue that is only a name",
}
"""Samples that no Connect instance sends, by a part of their name, with the fault of each."""


def test_every_real_event_fits_the_schema_and_those_that_connect_sent_are_complete():
    files = sorted(REAL.glob("*.json")) if REAL.is_dir() else []
    if not files:
        pytest.skip(f"no real events at {REAL}")
    events_ = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in files}
    for event in events_.values():
        validator.validate(event)
    short = {name for name, event in events_.items() if not complete.is_valid(event)}
    assert short == {name for name in events_ if any(part in name for part in SHORTENED)}
    assert (len(events_), len(short)) == (17, 8)


@pytest.mark.parametrize(
    "event",
    [{}, {"Details": {}}, {"Details": {"ContactData": []}}, {"Details": {"Parameters": {"a": {}}}}, {"Name": "ContactFlowEvent"}],
)  # fmt: skip
def test_what_is_no_event_does_not_fit(event):
    assert not validator.is_valid(event)


@pytest.mark.parametrize("queue", [None, "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q"])
@pytest.mark.parametrize("customer", [None, "+15555550100"])
def test_events_of_the_machine_are_complete(queue, customer):
    function = Action("look up", "InvokeLambdaFunction", {"LambdaFunctionARN": "lookup"}, "look up")
    machine = Machine(FlowLibrary([Flow("main", None, "look up", (function,))]))
    effect = machine.call("main", Contact(queue=queue, customer_endpoint=customer)).start()
    assert isinstance(effect, Invoke)
    complete.validate(effect.event)
