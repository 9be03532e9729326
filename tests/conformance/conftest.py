"""Requests and checks made from botocore's models, for every operation that an emulator serves."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import re
import string
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from busyhour.emulator.app import build
from busyhour.emulator.catalogue import SERVICES
from busyhour.emulator.dynamodb.api.requests import DATA
from busyhour.emulator.server.listener import running
from busyhour.quotas.model import Kind
from busyhour.quotas.table.quota_table import load

MODELS = {entry.name: entry.model for entry in SERVICES}
"""botocore's name of each service that has a signing name here."""
COMMON = frozenset(
    (
        *("ValidationException", "ValidationError", "SerializationException", "AccessDeniedException"),
        *("ThrottlingException", "TooManyRequestsException", "MissingParameter", "InvalidParameterValue"),
        *("InvalidParameterCombination", "MissingRequiredParameterException", "MalformedQueryString"),
        *("InvalidAction",),
        *("InvalidParameterValueException", "InvalidParameterCombinationException"),
    )
)
"""Errors that AWS documents for every operation of a service ("Common errors") and models in none."""
SEEDS = json.loads(Path(__file__).with_name("seeds.json").read_text(encoding="utf-8"))
FIRST = ("Create", "Put", "Start", "Claim", "Associate", "Tag", "List", "Search", "Describe", "Get")
LAST = ("Untag", "Disassociate", "Stop", "Release", "Delete", "Disconnect")


_NOT_EVEN_AWS = re.compile(r"(ProvisionedThroughput|WarmThroughput)\.\w+, value: 0, valid min value: 1")
"""DynamoDB answers 0 where its own model has at least 1: capacity of tables on demand, decreases today."""


def rank(name: str) -> int:
    """What makes things comes first, what ends them last."""
    if name in ("RequestServiceQuotaIncrease", "PublishVersion"):
        return -1
    if name == "CreateSupportCase":
        return len(FIRST)
    for number, beginning in enumerate(FIRST):
        if name.startswith(beginning):
            return number
    return 100 + next((i for i, beginning in enumerate(LAST) if name.startswith(beginning)), -1)


def order(name: str) -> tuple[int, bool, int, str]:
    """By rank; an alias is made after its version, and parts are deleted before what they belong to."""
    deleted = name.startswith("Delete")
    return rank(name), ("Alias" in name) != deleted, -len(name) if deleted else 0, name


class Requests:
    """Strategies of parameters; names that answers told are used again where a member of that name is asked for."""

    def __init__(self) -> None:
        self.told: dict[str, list[str]] = defaultdict(list)

    def hear(self, value: Any, name: str = "") -> None:
        """Remember the ids, ARNs and names in an answer."""
        if isinstance(value, dict) and value.get("QueueType") == "AGENT":
            return  # a queue that only ListQueues shows, under the id of its user
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "Id" and name == "RequestedQuota":
                    self._tell("RequestId", inner)
                elif key == "Id" and name.endswith(("SummaryList", "Summary", "List")):
                    self._tell(re.sub(r"(Summary)?(List)?$", "", name) + "Id", inner)
                self.hear(inner, key)
        elif isinstance(value, list):
            for inner in value[:3]:
                self.hear(inner, name)
        elif isinstance(value, str) and name.lower().endswith(
            ("id", "arn", "name", "code", "identifier", "token")
        ):
            self._tell(name, value)

    def _tell(self, name: str, value: Any) -> None:
        known = self.told[name.lower()]
        if isinstance(value, str) and value not in known:
            known.append(value)
            del known[:-6]

    def of(self, shape: Any, name: str = "", depth: int = 0) -> st.SearchStrategy[Any]:
        """Values that the shape allows."""
        made: st.SearchStrategy[Any] = getattr(self, f"_{shape.type_name}", self._string)(shape, name, depth)
        return made

    def _structure(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        if getattr(shape, "is_document_type", False):
            return st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2)
        members = shape.members
        if getattr(shape, "is_tagged_union", False):
            return st.sampled_from(sorted(members)).flatmap(
                lambda one: self.of(members[one], one, depth + 1).map(lambda value: {one: value})
            )
        required = {
            one: st.deferred(lambda one=one: self.of(members[one], one, depth + 1))
            for one in shape.required_members
        }
        rest = [one for one in members if one not in required]
        if depth > 3 or not rest:
            return st.fixed_dictionaries(required)
        return st.lists(st.sampled_from(rest), max_size=3, unique=True).flatmap(
            lambda chosen: st.fixed_dictionaries(
                {**required, **{one: self.of(members[one], one, depth + 1) for one in chosen}}
            )
        )

    def _list(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        low = shape.metadata.get("min", 0)
        high = min(shape.metadata.get("max", 2), low + 2) if depth < 4 else low
        return st.lists(
            self.of(shape.member, name.removesuffix("s"), depth + 1), min_size=low, max_size=max(low, high)
        )

    def _map(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        low = shape.metadata.get("min", 0)
        return st.dictionaries(
            self.of(shape.key, "", depth + 1),
            self.of(shape.value, "", depth + 1),
            min_size=low,
            max_size=low + 2,
        )

    def _string(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        if shape.enum:
            return st.sampled_from(shape.enum)
        low = shape.metadata.get("min", 0)
        high = min(shape.metadata.get("max", 24), low + 24)
        plain = st.text(string.ascii_letters + string.digits, min_size=max(low, 1), max_size=max(high, 1))
        if pattern := shape.metadata.get("pattern"):
            with contextlib.suppress(re.error):
                plain = self._matching(pattern, low, shape.metadata.get("max", 10_000))
        return plain

    def fill(self, shape: Any, value: Any, random: Random, name: str = "") -> Any:
        """The value with names that answers told where such are asked for; outside of what Hypothesis draws."""
        if shape.type_name == "structure" and isinstance(value, dict):
            return {key: self.fill(shape.members[key], inner, random, key) for key, inner in value.items()}
        if shape.type_name == "list" and isinstance(value, list):
            return [self.fill(shape.member, inner, random, name.removesuffix("s")) for inner in value]
        longest = shape.metadata.get("max", 10_000)
        told = [text for text in self.told.get(name.lower(), ()) if len(text) <= longest]
        if shape.type_name == "string" and not shape.enum and told and random.random() < 0.8:
            return random.choice(told)
        return value

    @staticmethod
    def _matching(pattern: str, low: int, high: int) -> st.SearchStrategy[str]:
        """Texts of a pattern; one that only names characters (`[0-9a-zA-Z]+`) is given the length at once."""
        pattern = pattern.removeprefix("^").removesuffix("$")
        if simple := re.fullmatch(r"(\[[^\]]+\])[*+]", pattern):
            pattern = f"{simple[1]}{{{max(low, 1)},{min(high, low + 12)}}}"
        elif pattern in (".*", ".*\\S.*", "\\S+", ".*\\S.*|"):
            pattern = f"[a-z]{{{max(low, 1)},{min(high, low + 12)}}}"
        alphabet = st.characters(max_codepoint=126, min_codepoint=32)
        made = st.from_regex(re.compile(f"^(?:{pattern})$"), fullmatch=True, alphabet=alphabet)
        return made.filter(lambda text: low <= len(text) <= high)

    def _integer(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        low = shape.metadata.get("min", 0)
        return st.integers(low, min(shape.metadata.get("max", low + 100), low + 100))

    _long = _integer

    def _float(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        low = shape.metadata.get("min", 0)
        return st.floats(low, min(shape.metadata.get("max", low + 10), low + 10), width=32)

    _double = _float

    def _boolean(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        return st.booleans()

    def _blob(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        return st.sampled_from([b"{}", b'{"a": 1}', b"[]"])

    def _timestamp(self, shape: Any, name: str, depth: int) -> st.SearchStrategy[Any]:
        now = datetime.datetime.now(datetime.UTC)
        return st.integers(-3_600, 3_600).map(lambda seconds: now + datetime.timedelta(seconds=seconds))


def spoilt(shape: Any, params: dict[str, Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """What is wrong with a request, and the request: a required member left out, or one that breaks its shape."""
    ways: list[tuple[str, dict[str, Any]]] = []
    for name, member in shape.members.items():
        in_path = member.serialization.get("location") == "uri"
        if name in shape.required_members and not in_path:
            ways.append((f"without {name}", {key: value for key, value in params.items() if key != name}))
        if member.serialization.get("location") is not None:
            continue
        if member.type_name == "string" and member.enum:
            ways.append((f"{name} is none of its values", {**params, name: "no-such-value"}))
        if member.type_name == "string" and member.metadata.get("max", 10**9) < 5_000:
            ways.append((f"{name} is too long", {**params, name: "x" * (member.metadata["max"] + 1)}))
        if member.type_name in ("integer", "long") and "max" in member.metadata:
            ways.append((f"{name} is too large", {**params, name: member.metadata["max"] + 1}))
        if (
            member.type_name == "list"
            and member.metadata.get("max", 10**9) < 200
            and member.member.type_name == "string"
        ):
            ways.append((f"{name} has too many", {**params, name: ["x"] * (member.metadata["max"] + 1)}))
    return st.sampled_from(ways) if ways else st.nothing()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 1")
    return out.getvalue()


def content(**more: Any) -> str:
    bye = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    if more:
        bye = {**bye, "Type": "EndFlowModuleExecution"}
    return json.dumps({"Version": "2019-10-30", "StartAction": "bye", "Actions": [bye], **more})


class Bench:
    """A running emulator without API rates, with a client for each of its services that checks its responses."""

    def __init__(self, url: str, served: dict[str, tuple[str, ...]]) -> None:
        self.served = served
        self.requests = Requests()
        self.problems: dict[str, str] = {}
        self.answered: set[str] = set()
        self.instance = ("", "")
        """Id and ARN of the instance that there is from the start."""
        self.main_flow = ""
        """Id of a flow in which a contact stays for a while."""
        self.waiting = ("", "")
        """Ids of two tasks that wait in a queue."""
        self.message = ""
        """What the last error said."""
        self._count = 0
        self._raw: list[Any] = []
        self._spoiling: Callable[[Any], None] | None = None
        self._sent = ""
        self.clients = {name: self._client(url, MODELS[name]) for name in served}

    def _client(self, url: str, service: str) -> Any:
        client = boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=20),
        )
        client.meta.events.register("before-send", self._spoil)
        client.meta.events.register(
            "after-call", lambda http_response, **rest: self._raw.append(http_response)
        )
        return client

    def _spoil(self, request: Any, **rest: Any) -> None:
        if self._spoiling is not None:
            self._spoiling(request)
            self._sent = f"{request.method} {request.url} {request.body!r}"

    def ask_spoilt(
        self, service: str, operation: str, params: dict[str, Any], spoil: Callable[[Any], None]
    ) -> bool:
        """Make a request that `spoil` changes on its way, and check the answer; whether it went on its way."""
        self._spoiling = spoil
        try:
            return self.ask(service, operation, params) != "not sent"
        finally:
            self._spoiling = None

    def model(self, service: str, operation: str) -> Any:
        return self.clients[service].meta.service_model.operation_model(operation)

    def seeded(self, service: str, operation: str) -> dict[str, Any]:
        """A request of that operation that should be granted: references to what there is, and nothing optional."""
        shape = self.model(service, operation).input_shape
        if shape is None:
            return {}
        seed = SEEDS.get(f"{service} {operation}", {})
        params = {member: self._resolved(value) for member, value in seed.items()}
        for name in shape.required_members:
            if name not in params:
                params[name] = self._needed(name, shape.members[name])
        return params

    def _needed(self, name: str, shape: Any) -> Any:
        """A value for a required member: a name from an earlier response, else the plainest."""
        told = self.requests.told[name.lower()]
        if name.lower() == "instanceid":
            return self.instance[0]
        enum = getattr(shape, "enum", None)
        if told and not enum and name != "Name":
            return told[-1]
        self._count += 1
        plain = {"integer": 1, "boolean": True, "list": [], "map": {}, "structure": {}}
        return enum[0] if enum else plain.get(shape.type_name, f"value-{self._count}")

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._resolved(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner) for inner in value]
        if not isinstance(value, str) or not value.startswith("$") or value == "$LATEST":
            return value
        now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
        self._count += 1
        made = {
            "$new": f"name-{self._count}",
            "$number": f"+1206556{self._count:04d}",
            "$main": self.main_flow,
            "$waiting": self.waiting[0],
            "$transferred": self.waiting[1],
            "$first": self.instance[0],
            "$firstarn": self.instance[1],
            "$flow": content(),
            "$module": content(Settings={"InputParameters": [], "OutputParameters": [], "Transitions": []}),
            "$zip": zipped(),
            "$before": now - datetime.timedelta(minutes=now.minute % 15 + 60),
            "$after": now - datetime.timedelta(minutes=now.minute % 15 + 30),
        }
        told = self.requests.told[value[1:].lower()]
        return made[value] if value in made else told[-1] if told else "nothing-was-told"

    def strict(self, service: str, operation: str) -> bool:
        """Whether a request with that flaw must be refused: moto reads past much that DynamoDB refuses."""
        return service != "dynamodb" or operation not in DATA

    def operations(self, service: str) -> list[str]:
        return sorted(self.served[service], key=order)

    def ask(self, service: str, operation: str, params: dict[str, Any]) -> str | None:
        """Make a request and check the answer; the error's code, or None. What is wrong goes into `problems`."""
        place, model, sent = f"{service} {operation}", self.model(service, operation), len(self._raw)
        try:
            answer = self.clients[service]._make_api_call(operation, params)
        except ClientError as error:
            self.message = str(error)
            self._check_error(place, model, error, params)
            return str(error.response["Error"]["Code"])
        except Exception as error:
            if len(self._raw) == sent:
                return "not sent"  # botocore itself cannot write it
            self._note(place, f"botocore cannot read the answer: {error!r}", params)
            return None
        self.answered.add(place)
        if model.has_streaming_output:
            answer[model.output_shape.serialization["payload"]].close()
            return None
        answer.pop("ResponseMetadata")
        shape = model.output_shape
        if shape is None:
            return None
        report = ParamValidator().validate(answer, shape).generate_report()
        wrong = [line for line in report.splitlines() if not _NOT_EVEN_AWS.search(line)]
        if wrong:
            self._note(place, f"the answer is not of its shape: {wrong}", params)
        if strangers := sorted(_strangers(self._body(), shape)):
            self._note(place, f"the answer has members that its shape lacks: {strangers}", params)
        self.requests.hear(answer)
        if operation.startswith(("Create", "Associate")):
            made = operation.removeprefix("Create").removeprefix("Associate")
            inside = next((one for one in answer.values() if isinstance(one, dict) and "Id" in one), {})
            found = {**{name: inside[name] for name in inside if name == "Id"}, **answer}
            for name in [key for key in found if key.endswith("Id")]:
                full = f"{made}{name}" if name in ("Id", "AssociationId") else name
                self.requests.hear({full: found[name], f"Created{full}": found[name]})
        return None

    def _check_error(self, place: str, model: Any, error: ClientError, params: dict[str, Any]) -> None:
        code = error.response["Error"]["Code"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        modelled = {shape.name for shape in model.error_shapes} | {
            shape.metadata.get("error", {}).get("code") for shape in model.error_shapes
        }
        if code not in modelled | COMMON:
            self._note(place, f"HTTP {status} {code}, which it does not model: {error}", params)
        elif status >= 500:
            self._note(place, f"HTTP {status} {code}: {error}", params)

    def _note(self, place: str, problem: str, params: dict[str, Any]) -> None:
        asked = self._sent if self._spoiling is not None else str(params)
        self.problems.setdefault(place, f"{problem[:600]}\n    asked with {asked[:600]}")

    def _body(self) -> Any:
        with contextlib.suppress(ValueError, UnicodeDecodeError):
            return json.loads(self._raw[-1].content)
        return {}


def _strangers(value: Any, shape: Any, where: str = "") -> set[str]:
    """Members of a JSON answer that the shape does not have."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        wire = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        found = {f"{where}.{name}" for name in value if name not in wire} if wire else set()
        return found.union(
            *(_strangers(value[name], wire[name], f"{where}.{name}") for name in value if name in wire)
        )
    if kind == "list" and isinstance(value, list):
        return set().union(*(_strangers(inner, shape.member, f"{where}[]") for inner in value))
    if kind == "map" and isinstance(value, dict):
        return set().union(*(_strangers(inner, shape.value, f"{where}{{}}") for inner in value.values()))
    return set()


def waiting_tasks(connect: Any, instance: str) -> tuple[str, str]:
    """Two tasks in a queue whose only agent is not signed in."""
    here = {"InstanceId": instance}
    hours = connect.list_hours_of_operations(**here)["HoursOfOperationSummaryList"][0]["Id"]
    queue = connect.create_queue(**here, Name="Unattended", HoursOfOperationId=hours)
    profile = connect.create_routing_profile(
        **here,
        Name="Unattended",
        Description="d",
        DefaultOutboundQueueId=queue["QueueId"],
        MediaConcurrencies=[{"Channel": "TASK", "Concurrency": 1}],
        QueueConfigs=[
            {"QueueReference": {"QueueId": queue["QueueId"], "Channel": "TASK"}, "Priority": 1, "Delay": 0}
        ],
    )["RoutingProfileId"]
    security = connect.list_security_profiles(**here)["SecurityProfileSummaryList"][0]["Id"]
    connect.create_user(
        **here,
        Username="absent",
        Password="Passw0rd",
        IdentityInfo={"FirstName": "Ab", "LastName": "Sent"},
        PhoneConfig={"PhoneType": "SOFT_PHONE"},
        SecurityProfileIds=[security],
        RoutingProfileId=profile,
    )
    errors = [{"NextAction": "bye", "ErrorType": one} for one in ("NoMatchingError", "QueueAtCapacity")]
    actions = [
        ("set", "UpdateContactTargetQueue", {"QueueId": queue["QueueArn"]}, "go", errors[:1]),
        ("go", "TransferContactToQueue", {}, "bye", errors),
    ]
    body = {
        "Version": "2019-10-30",
        "StartAction": "set",
        "Actions": [
            *(
                {
                    "Identifier": identifier,
                    "Type": kind,
                    "Parameters": parameters,
                    "Transitions": {"NextAction": after, "Errors": failed, "Conditions": []},
                }
                for identifier, kind, parameters, after, failed in actions
            ),
            {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    }
    flow = connect.create_contact_flow(**here, Name="Waits", Type="CONTACT_FLOW", Content=json.dumps(body))
    tasks = [
        connect.start_task_contact(**here, ContactFlowId=flow["ContactFlowId"], Name="t")["ContactId"]
        for _ in range(2)
    ]
    return tasks[0], tasks[1]


SECONDS = 240.0
"""Time of a test with many examples, after which no further round of them is begun."""


@pytest.fixture
def rounds():
    """`rounds(ask, operations, examples, seed)`: asks each operation in ten rounds of a tenth of the examples.

    Each operation has examples of its own: Hypothesis gives up on one that draws for all of them. Without time for more it
    ends after an operation of the second round at the earliest; the first is always whole.
    """

    def run(
        ask: Callable[[str, st.DataObject], None], operations: Iterable[str], examples: int, first: int
    ) -> None:
        until = time.monotonic() + SECONDS
        bounds = settings(
            max_examples=max(1, examples // 10),
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        for number in range(10 if examples > 1 else 1):
            for place, operation in enumerate(operations):
                if number and time.monotonic() > until:
                    return
                asked = given(st.just(operation), st.data())(ask)
                bounds(seed(first + 10 * number + 1_000 * place)(asked))()

    return run


@pytest.fixture(scope="module", name="spoilt")
def spoilt_fixture():
    return spoilt


@pytest.fixture(scope="module")
def bench():
    """An emulator with the helpdesk's flows and functions, and no API rate in the way."""
    from busyhour.scenarios.model import Function

    flows = sorted((Path(__file__).resolve().parents[2] / "examples" / "helpdesk" / "flows").glob("*.json"))
    rates = {quota.key: 1e6 for quota in load() if quota.kind in (Kind.RATE, Kind.BURST)}
    more = {"L-12AB7C57": 1e5, "lex.concurrent-text-conversations": 1e5}
    functions = [Function(f"function-{number}") for number in range(3)]
    emulator = build(flows=flows, quotas=rates | more, functions=functions, numbers=["+12065550199"])
    with running(emulator) as url:
        made = Bench(url, emulator.router.served())
        about = emulator.about()
        made.requests.hear({"InstanceId": about["instance_id"], "InstanceArn": about["instance_arn"]})
        for member in ("ContactFlowId", "ContactFlowName"):
            for name, identity in about["flows"].items():
                made.requests.hear({member: identity if member.endswith("Id") else name})
        made.instance = about["instance_id"], about["instance_arn"]
        made.main_flow = about["flows"]["Helpdesk main"]
        made.waiting = waiting_tasks(made.clients["connect"], about["instance_id"])
        table = SEEDS["dynamodb CreateTable"] | {"TableName": "kept"}
        made.ask("dynamodb", "CreateTable", table)
        yield made
        for client in made.clients.values():
            client.close()
