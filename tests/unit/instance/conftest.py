"""An emulator in virtual time behind real boto3 clients: their requests are answered in the process, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.timers import VirtualClock
from busyhour.instance.answers import FromClients
from busyhour.instance.folder import Folder
from busyhour.instance.masking import Mask
from busyhour.instance.pace import Pace
from busyhour.instance.pull import Pulled, find_instance, pull
from busyhour.instance.reading import Reader
from busyhour.quotas.table.quota_table import load
from busyhour.shipped import shipped_root

HELPDESK = shipped_root() / "examples" / "helpdesk" / "flows"
_SIGNED_AS = {"cloudwatch": "monitoring", "service-quotas": "servicequotas"}
ACCOUNT = "arn:aws:connect:us-east-1:123456789012:instance/"


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


@dataclass
class Centre:
    """An emulated instance, its clock, and every request that reached it."""

    emulator: Emulator
    clock: VirtualClock
    requests: list[tuple[float, str, str]] = field(default_factory=list)
    denied: frozenset[str] = frozenset()
    interrupt_after: int | None = None
    alarms: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def client(self, name: str) -> Any:
        made = boto3.client(
            name,
            region_name="us-east-1",
            endpoint_url="http://127.0.0.1:9",
            aws_access_key_id="AKID",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )

        def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
            operation = event_name.rpartition(".")[2]
            if self.interrupt_after is not None and len(self.requests) >= self.interrupt_after:
                raise KeyboardInterrupt
            self.requests.append((self.clock.now(), name, operation))
            reply = self._answer(request, name, operation)
            headers = {"Content-Type": reply.content_type, **reply.headers}
            return AWSResponse(request.url, reply.status, headers, Body(reply.body))

        made.meta.events.register("before-send", answer)
        return made

    def _answer(self, request: Any, name: str, operation: str) -> Response:
        if operation in self.denied:
            body = json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()
            return Response(403, body, headers={"x-amzn-errortype": "AccessDeniedException"})
        url = urlsplit(request.url)
        body = request.body or b""
        asked = Request(
            request.method,
            url.path,
            url.query,
            {
                key.lower(): value if isinstance(value, str) else value.decode()
                for key, value in request.headers.items()
            },
            body.encode() if isinstance(body, str) else bytes(body),
            _SIGNED_AS.get(name, name),
            "us-east-1",
            "AKID",
        )

        async def replied() -> Response:
            found = self.emulator.router.answer(asked)
            return found if isinstance(found, Response) else await found

        return asyncio.run(replied())

    def reader(self, *, keep_numbers: bool = False, share: float = 1.0, source: Any = None) -> Reader:
        pace = Pace(load(), share, self.clock.now, self.clock.advance)
        source = source or FromClients(self.client, Mask(keep_numbers))
        return Reader(source, pace, tell=self.lines.append)

    def pull(self, folder: Path, *, check: bool = False, reader: Reader | None = None) -> Pulled:
        reader = reader or self.reader()
        found = find_instance(reader, self.emulator.state.account.instance_id)
        reader.of(found)
        return pull(reader, Folder(folder, writes=not check), found)


@pytest.fixture(scope="module")
def make() -> Iterator[Callable[..., Centre]]:
    made: list[Emulator] = []

    def maker(**options: Any) -> Centre:
        clock = VirtualClock()
        emulator = build(**{"clock": clock, "epoch": 1_800_000_000.0, **options})
        made.append(emulator)
        return Centre(emulator, clock)

    yield maker
    for emulator in made:
        asyncio.run(emulator.stop())


@pytest.fixture(scope="module")
def fast() -> dict[str, float]:
    """Rates at which the fixtures that set up an instance are not throttled."""
    table = load()
    return {
        quota.key: 1e6
        for quota in table
        if quota.kind in ("api_rate", "api_burst") and quota.service == "connect"
    }


@pytest.fixture
def centre(make: Callable[..., Centre], fast: dict[str, float]) -> Centre:
    """An instance with a flow, hours, a queue, a routing profile with users, a quick connect and a number."""
    found = make(quotas=fast)
    connect = found.client("connect")
    here = {"InstanceId": found.emulator.state.account.instance_id}
    hours = connect.list_hours_of_operations(**here)["HoursOfOperationSummaryList"][0]["Id"]
    connect.create_hours_of_operation_override(
        **here,
        HoursOfOperationId=hours,
        Name="Christmas",
        Config=[
            {"Day": "FRIDAY", "StartTime": {"Hours": 9, "Minutes": 0}, "EndTime": {"Hours": 12, "Minutes": 0}}
        ],
        EffectiveFrom="2027-12-24",
        EffectiveTill="2027-12-24",
    )
    queue = connect.create_queue(**here, Name="Sales", HoursOfOperationId=hours, MaxContacts=50)["QueueId"]
    profile = connect.create_routing_profile(
        **here,
        Name="Sellers",
        Description="d",
        DefaultOutboundQueueId=queue,
        QueueConfigs=[{"QueueReference": {"QueueId": queue, "Channel": "VOICE"}, "Priority": 1, "Delay": 0}],
        MediaConcurrencies=[{"Channel": "VOICE", "Concurrency": 1}],
    )["RoutingProfileId"]
    security = connect.list_security_profiles(**here)["SecurityProfileSummaryList"][0]["Id"]
    users = [
        connect.create_user(
            **here,
            Username=f"jane.doe{number}",
            Password="Secret-123",
            IdentityInfo={"FirstName": "Jane", "LastName": "Doe"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[security],
            RoutingProfileId=profile,
        )["UserId"]
        for number in range(3)
    ]
    flow = connect.create_contact_flow(**here, Name="Welcome", Type="CONTACT_FLOW", Content=welcome(queue))[
        "ContactFlowId"
    ]
    number = connect.claim_phone_number(
        TargetArn=found.emulator.state.account.instance_arn, PhoneNumber="+12065550142"
    )["PhoneNumberId"]
    connect.associate_phone_number_contact_flow(**here, PhoneNumberId=number, ContactFlowId=flow)
    connect.create_quick_connect(
        **here,
        Name="Partner",
        QuickConnectConfig={
            "QuickConnectType": "PHONE_NUMBER",
            "PhoneConfig": {"PhoneNumber": "+12065550143"},
        },
    )
    connect.create_quick_connect(
        **here,
        Name="Jane Doe",
        QuickConnectConfig={
            "QuickConnectType": "USER",
            "UserConfig": {"UserId": users[0], "ContactFlowId": flow},
        },
    )
    connect.create_prompt(**here, Name="Music", S3Uri="s3://bucket/music.wav")
    found.requests.clear()
    return found


def welcome(queue: str, text: str = "Hello, write to jane@corp.example or call +12065550144.") -> str:
    """Content of a flow that greets and queues."""
    errors = [{"ErrorType": "NoMatchingError", "NextAction": "bye"}]
    return json.dumps(
        {
            "Version": "2019-10-30",
            "StartAction": "greet",
            "Metadata": {"entryPointPosition": {"x": 1, "y": 2}},
            "Actions": [
                {
                    "Identifier": "greet",
                    "Type": "MessageParticipant",
                    "Parameters": {"Text": text},
                    "Transitions": {"NextAction": "target", "Errors": errors, "Conditions": []},
                },
                {
                    "Identifier": "target",
                    "Type": "UpdateContactTargetQueue",
                    "Parameters": {"QueueId": queue},
                    "Transitions": {"NextAction": "queue", "Errors": errors, "Conditions": []},
                },
                {
                    "Identifier": "queue",
                    "Type": "TransferContactToQueue",
                    "Parameters": {},
                    "Transitions": {
                        "NextAction": "bye",
                        "Errors": [{"ErrorType": "QueueAtCapacity", "NextAction": "bye"}, *errors],
                        "Conditions": [],
                    },
                },
                {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
            ],
        }
    )
