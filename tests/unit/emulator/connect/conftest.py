"""An emulated instance in virtual time, and a client that talks to it as botocore does, without HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import botocore.session
import jsonschema_rs
import orjson
import pytest
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.contact_events import contact_event
from busyhour.emulator.connect.contacts.contact_record import record
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.connect.contacts.publish import Outlets
from busyhour.emulator.connect.service import HANDLERS
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.timers import VirtualClock
from busyhour.quotas.table.quota_table import kebab
from busyhour.shipped import shipped_root

GREETING = {
    "Version": "2019-10-30",
    "StartAction": "greet",
    "Actions": [
        {
            "Identifier": "greet",
            "Type": "MessageParticipant",
            "Parameters": {"Text": "Hello and welcome."},
            "Transitions": {"NextAction": "bye", "Errors": [], "Conditions": []},
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}
NUMBER, DESTINATION = "+12065550199", "+12065550100"


@cache
def service(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


@cache
def operation(name: str) -> OperationModel:
    return service("connect").operation_model(name)


class AwsError(Exception):
    """An error as botocore parsed it."""

    def __init__(self, status: int, parsed: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {parsed['Error']}")
        self.status = status
        self.code = parsed["Error"]["Code"]
        self.message = parsed["Error"].get("Message", "")
        self.parsed = parsed


class Client:
    """Connect's API of an emulator: parameters are serialised and answers parsed and checked by botocore's model."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.instance_id = emulator.state.account.instance_id

    def raw(self, method: str, path: str, body: bytes = b"", query: str = "") -> Response:
        request = Request(method, path, query, {}, body, "connect", "us-east-1", "AKID")
        answer = self.emulator.router.answer(request)
        assert isinstance(answer, Response)
        return answer

    def __call__(self, name: str, **params: Any) -> dict[str, Any]:
        model = operation(name)
        if "InstanceId" in model.input_shape.members and name != "ListPhoneNumbersV2":
            params.setdefault("InstanceId", self.instance_id)
        serialised = create_serializer("rest-json", include_validation=False).serialize_to_request(
            params, model
        )
        body = serialised["body"]
        answer = self.raw(
            serialised["method"],
            serialised["url_path"],
            body.encode() if isinstance(body, str) else bytes(body or b""),
            urlencode(serialised["query_string"], doseq=True),
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        response = {"status_code": answer.status, "headers": headers, "body": answer.body}
        parsed = create_parser("rest-json").parse(response, model.output_shape)
        if answer.status >= 300:
            shape = model.service_model.shape_for_error_code(parsed["Error"]["Code"])
            if shape is not None:
                parsed |= create_parser("rest-json").parse(response, shape)
            raise AwsError(answer.status, parsed)
        parsed.pop("ResponseMetadata")
        if model.output_shape is not None:
            report = ParamValidator().validate(parsed, model.output_shape)
            assert not report.has_errors(), report.generate_report()
            assert_no_unknown_members(json.loads(answer.body), model.output_shape)
        return parsed


def assert_no_unknown_members(document: Any, shape: Shape, where: str = "") -> None:
    """Nothing in the answer that AWS's model does not have."""
    if shape.type_name == "structure":
        for name, value in document.items():
            assert name in shape.members, f"{where}.{name} is not in the model"
            assert_no_unknown_members(value, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for value in document:
            assert_no_unknown_members(value, shape.member, f"{where}[]")
    elif shape.type_name == "string" and shape.metadata.get("enum"):
        assert document in shape.metadata["enum"], f"{where} {document!r} is not in the model"


@pytest.fixture
def flow_file(tmp_path: Path) -> Path:
    path = tmp_path / "Greeting.json"
    path.write_text(json.dumps(GREETING), encoding="utf-8")
    return path


@pytest.fixture
def make(flow_file: Path) -> Iterator[Callable[..., Client]]:
    """`make(quotas={...}, ...)` gives a client of a new emulator in virtual time with the flow Greeting."""
    made: list[Emulator] = []

    def maker(**options: Any) -> Client:
        emulator = build(
            **{"flows": [flow_file], "clock": VirtualClock(), "epoch": 1_800_000_000.0, **options}
        )
        made.append(emulator)
        return Client(emulator)

    yield maker
    for emulator in made:
        asyncio.run(emulator.stop())


@pytest.fixture
def connect(make: Callable[..., Client]) -> Client:
    """An emulator whose rates never bind."""
    return make(quotas=FAST)


FAST = {f"connect.{kebab(operation)}.rate": 1e6 for operation in HANDLERS}
"""Rates that never bind."""


@pytest.fixture
def start(connect: Client) -> Callable[..., str]:
    """`start(**params)` starts a contact in the flow Greeting and gives its id."""

    def starter(**params: Any) -> str:
        return start_in(connect, **params)

    return starter


def start_in(client: Client, **params: Any) -> str:
    flow = client.emulator.instance.flow_named("Greeting")
    assert flow is not None
    defaults = {
        "ContactFlowId": flow.id,
        "DestinationPhoneNumber": DESTINATION,
        "SourcePhoneNumber": NUMBER,
    }
    return client("StartOutboundVoiceContact", **{**defaults, **params})["ContactId"]


@pytest.fixture
def fast() -> dict[str, float]:
    """Rates that never bind, for `make(quotas={**fast, ...})`."""
    return dict(FAST)


@pytest.fixture
def participants() -> ServiceModel:
    """The model of the Participant Service."""
    return service("connectparticipant")


@pytest.fixture
def starter() -> Callable[..., str]:
    """`starter(client, **params)` starts a contact in the flow Greeting."""
    return start_in


@pytest.fixture(scope="session")
def aws_error() -> type[AwsError]:
    return AwsError


@pytest.fixture
def code_of() -> Callable[..., str]:
    """Call an operation that is refused; returns the error's code."""

    def code_of(client: Any, operation: str, **params: Any) -> str:
        with pytest.raises(AwsError) as error:
            client(operation, **params)
        return error.value.code

    return code_of


@pytest.fixture
def greeting() -> dict[str, Any]:
    return orjson.loads(orjson.dumps(GREETING))


@cache
def shape_of(name: str) -> jsonschema_rs.Draft202012Validator:
    """The shipped schema of records or events, with no other members than those it has."""
    document = json.loads(
        (shipped_root() / "flow_schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    )
    whole = {key: value for key, value in document.items() if key != "$id"}
    inner = {**whole["$defs"]["complete"], "$defs": {**whole["$defs"], "whole": {
        key: value for key, value in whole.items() if key not in ("$defs", "$schema")}}}  # fmt: skip
    return jsonschema_rs.Draft202012Validator({**inner, "$ref": "#/$defs/whole"})


@pytest.fixture(autouse=True)
def shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record and every event of each contact of each test satisfies the shipped schemas."""
    attach = Outlets.attach

    def attached(self: Outlets, contacts: Contacts) -> None:
        attach(self, contacts)
        on_record, on_moment = contacts.on_record, contacts.on_moment

        def recorded(contact: Contact, of: Contacts) -> None:
            made = record(contact, of.instance)
            shape_of("contact-record").validate(orjson.loads(orjson.dumps(made)))
            assert list(made) == sorted(made)
            if on_record is not None:
                on_record(contact, of)

        def happened(contact: Contact, moment: str, of: Contacts) -> None:
            event = contact_event(contact, moment, of, contact.ended or contact.initiated)
            shape_of("contact-event").validate(orjson.loads(orjson.dumps(event)))
            if on_moment is not None:
                on_moment(contact, moment, of)

        contacts.on_record, contacts.on_moment = recorded, happened

    monkeypatch.setattr(Outlets, "attach", attached)
