"""Gate of a live run where its requests leave: each is checked before its first byte is written.

Every client of a generator process passes each request to `admit` before it sends it: clients of the scenario's own kind of
caller, of a subclass, of a load test beside it, and those that a team creates in its own code. A request that starts a contact
must name a listed number, the scenario's source number and the permitted instance, and must be within the caps and the time
of the permit; it is written to the journal before it is sent. Requests that only read, and StopContact, need the permit's
Region and endpoint.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from busyhour.errors import BusyhourError
from busyhour.load.safety import live_operations as operations
from busyhour.load.safety.caps import Caps, RequestCaps, share_of
from busyhour.load.safety.permit import Permit
from busyhour.results.journal import (
    Journal,
    answered_file,
    contacts_file,
    ended_file,
    requested,
    requests_file,
)
from busyhour.scenarios.account import RetryMode
from busyhour.scenarios.model import DriveKind, Scenario

if TYPE_CHECKING:
    from busyhour.load.settings import Settings

CODE = "RefusedByGate"
"""Error code of a request that did not leave."""

_MOST_ATTEMPTS = 10
"""Attempts of one request where the scenario leaves them to the SDK: DynamoDB's default in legacy mode, the highest."""

_SEPARATORS = frozenset(" \t\r\n\0")
_FRAMING = frozenset({"content-length", "transfer-encoding", "host", "authorization"})
"""Headers that the client writes itself."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request as it would be sent."""

    service: str
    """Signing name."""
    region: str
    hosts: tuple[str, ...]
    """Of the connection, and of the Host header."""
    method: str
    path: str
    """Without the query."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may leave. `new` is empty unless it starts a contact that was not asked for before."""

    operation: str
    new: str = ""
    contact: str = ""
    """Contact that it stops or shows."""
    token: str = field(default="", compare=False)
    """Of a request that starts a contact, new or repeated: its line in the journal."""
    load: bool = field(default=False, compare=False)
    """Whether it is one of the requests by which a run without voice calls loads its service."""


class OutgoingGate:
    """Decides about the requests of one process, and counts its contacts.

    Args:
        scenario: allow-list and caps.
        settings: account, endpoint, folder of the run.
        permit: of the safety gate.
        k: number of this worker.
        n: number of workers.
        host_of: host of a service's endpoint by its signing name, as AWS or AWS_ENDPOINT_URL has it.
        wall: epoch seconds.
        steady: seconds of a clock that cannot be set.
    """

    def __init__(
        self,
        scenario: Scenario,
        settings: Settings,
        permit: Permit,
        k: int,
        n: int,
        host_of: Callable[[str], str],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scenario = scenario
        self._settings = settings
        self._permit = permit
        self._n = n
        self._host_of = host_of
        self._wall = wall
        self._steady = steady
        # A clock that is set back while the run goes on does not make it longer.
        self._until = steady() + permit.expires - wall()
        self._known: set[str] = set()
        folder = settings.run_dir
        self._requests = Journal(requests_file(folder, k)) if folder is not None else None
        self._contacts = Journal(contacts_file(folder, k)) if folder is not None else None
        self._answers = Journal(answered_file(folder, k)) if folder is not None else None
        self._ends = Journal(ended_file(folder, k)) if folder is not None else None
        self.caps = Caps(scenario.aws, k, n)
        self.request_caps = RequestCaps(scenario.aws, _requests_of_a_call(scenario), k, n)
        self._broken = ""
        """Why a contact could not be written into the journal."""
        self.refusals: dict[str, int] = {}
        """How many requests did not leave, by the reason."""

    def admit(self, request: Outgoing) -> Admitted | str:
        """Let a request leave, or return why it may not, as a sentence."""
        decision = self._decide(request)
        if isinstance(decision, str):
            decision = f"Refused: {decision}."
            self.refusals[decision] = self.refusals.get(decision, 0) + 1
        return decision

    def answered(
        self, admitted: Admitted, body: bytes, *, ok: bool, gone: bool = False, settled: bool = True
    ) -> None:
        """Record the answer of an admitted request: contacts go into the journal before anything uses their ids.

        Args:
            admitted: what `admit` returned.
            body: of the answer.
            ok: whether the service accepted it.
            gone: whether the service does not know the contact.
            settled: whether it is known if the service did what was asked; not after a timeout or a lost connection.
        """
        now = self._steady()
        if admitted.load:
            self.request_caps.answered()
        if admitted.new or admitted.token:
            contact = _contact_of(body) if ok else ""
            if contact and self._contacts is not None:
                self._keep(self._contacts, contact)
            if admitted.token and settled and self._answers is not None:
                self._keep(self._answers, admitted.token)
            if admitted.new:
                self.caps.answered(contact, now)
            elif contact:
                self.caps.found(contact, now)
        elif admitted.contact and (
            (admitted.operation == operations.STOP and (ok or gone))
            or (admitted.operation == operations.SHOW and ok and b'"DisconnectTimestamp"' in body)
        ):
            was_open = self.caps.over(admitted.contact, now)
            # What is left to an estimate is also noted as ended by those who follow it.
            if was_open and self._ends is not None:
                self._keep(self._ends, admitted.contact)

    def _keep(self, journal: Journal, identity: str) -> None:
        """Write an id into the journal. Where that fails its caller still follows and ends it; no other contact is begun."""
        try:
            journal.write(identity)
        except OSError as error:
            self._broken = error.strerror or str(error)

    def inherit(self, lost: int, heir: int, heirs: int) -> None:
        """Take over this heir's share of the calls that a lost worker may no longer start.

        What it asked for is in its journal; where that is on another machine nothing is taken over.
        """
        folder, cap = self._settings.run_dir, self._scenario.aws.max_calls
        started = requested(folder, lost) if folder is not None else None
        if started is not None and cap is not None:
            self.caps.inherit(share_of(max(0, share_of(cap, lost, self._n) - started), heir, heirs))

    def close(self) -> None:
        """Close the journal."""
        for journal in (self._requests, self._contacts, self._answers, self._ends):
            if journal is not None:
                journal.close()

    # ------------------------------------------------------------------------------------------- the decision

    def _decide(self, request: Outgoing) -> Admitted | str:
        why = self._wrong_place(request)
        if why:
            return why
        if request.service in operations.CAMPAIGNS:
            return self._campaign(request)
        name = operations.named(request.service, request.method, request.path, request.headers)
        if not operations.may_be_sent(request.service, name):
            shown = f"{request.service} {name or f'{request.method} {request.path}'}"
            return f"{shown} is not an operation that a load test sends"
        if name == operations.STOP:
            return Admitted(name, contact=_member(request.body, "ContactId"))
        if self._wall() >= self._permit.expires or self._steady() >= self._until:
            return f"{name}: the time that the safety gate allowed is over"
        if request.service == "connect" and name in operations.STARTS:
            return self._start(name, request.body)
        if name == operations.SHOW:
            return Admitted(name, contact=request.path.rpartition("/")[2])
        if not name.startswith(operations.READS) and request.service not in self._driven:
            return f"{request.service} {name}: the run was approved for drive = {self._scenario.drive.value!r} alone"
        if self._scenario.drive is not DriveKind.VOICE and request.service in self._driven and _loads(name):
            why = self.request_caps.objection()
            if why:
                return f"{name}: {why}"
            self.request_caps.asked()
            return Admitted(name, load=True)
        return Admitted(name)

    @property
    def _driven(self) -> frozenset[str]:
        """Signing names of the services that the generator itself puts under load."""
        match self._scenario.drive:
            case DriveKind.VOICE:
                return frozenset({"connect"})
            case DriveKind.DYNAMODB:
                return frozenset({"dynamodb"})
            case _:
                return frozenset({"lambda"})

    def _wrong_place(self, request: Outgoing) -> str:
        if request.region != self._permit.region:
            return f"the request is signed for Region {request.region!r}, the permit is for {self._permit.region!r}"
        try:
            wanted = self._host_of(request.service)
        except BusyhourError as error:
            return f"{request.service}: {error.message.rstrip('.')}"
        for host in request.hosts:
            if host != wanted:
                return f"{host} is not the endpoint of {request.service}, which is {wanted}"
        written = (request.method, request.path, request.query)
        if any(set(text) & _SEPARATORS for text in written) or any(
            name in _FRAMING or {"\r", "\n"} & set(name + value) for name, value in request.headers.items()
        ):
            return f"{request.method!r} {request.path!r} would not be one request on the wire"
        return ""

    def _start(self, name: str, body: bytes) -> Admitted | str:
        if self._scenario.drive is not DriveKind.VOICE:
            return f"{name}: the run was approved for drive = {self._scenario.drive.value!r} alone"
        try:
            parameters: Any = json.loads(body, object_pairs_hook=_once)
        except ValueError as error:
            return f"{name}: the body is not JSON with one value for each name ({error})"
        if not isinstance(parameters, dict):
            return f"{name}: the body is not an object"
        why = self._instance_and_numbers(name, parameters)
        if why:
            return why
        token = str(parameters.get("ClientToken") or "")
        # The same body with its token is one contact to Connect, however often it is sent.
        digest = hashlib.sha256(body).hexdigest() if token else ""
        if digest in self._known:
            return Admitted(name, token=token)
        if self._requests is None:
            return f"{name}: there is no folder of the run for the journal (BUSYHOUR_RUN_DIR)"
        now = self._steady()
        why = self.caps.objection(now)
        if why:
            return f"{name}: {why}"
        if self._broken:
            return f"{name}: the journal cannot be written: {self._broken}"
        line = token or f"request-{self.caps.started}"
        try:
            self._requests.write(line)
        except (OSError, ValueError) as error:
            return f"{name}: the journal cannot be written: {error}"
        self.caps.asked(now)
        if digest:
            self._known.add(digest)
        return Admitted(name, new=token or "contact", token=line)

    def _instance_and_numbers(self, name: str, parameters: Mapping[str, Any]) -> str:
        aws = self._scenario.aws
        unknown = set(parameters) - operations.members_of_starts().get(name, frozenset())
        if unknown:
            return f"{name}: {sorted(unknown)[0]!r} is not a parameter of it"
        if parameters.get("InstanceId") != self._permit.instance:
            return (
                f"{name}: the instance is {parameters.get('InstanceId')!r}, the permit is for "
                f"{self._permit.instance!r}"
            )
        for member in operations.STARTS[name]:
            reached = _at(parameters, member)
            if reached not in aws.destinations:
                return f"{name}: {member} {reached!r} is not in [aws] destinations"
        if name == "StartOutboundVoiceContact":
            source = parameters.get("SourcePhoneNumber")
            if not aws.source_number or source != aws.source_number:
                return (
                    f"{name}: SourcePhoneNumber {source!r} is not [aws] source_number {aws.source_number!r}"
                )
        return ""

    def _campaign(self, request: Outgoing) -> str:
        aws = self._scenario.aws
        for number in _numbers(request.body):
            if number not in aws.destinations:
                return f"{request.service} {request.path}: {number!r} is not in [aws] destinations"
        return (
            f"{request.service} {request.path}: contacts of a campaign have no ids in its answer, so that neither caps "
            "nor `busyhour stop` could hold them"
        )


def _loads(operation: str) -> bool:
    """Whether an operation of the driven service is load, and does not only describe its resources."""
    return not operation.startswith(("Describe", "List")) and operation not in (
        "GetFunction",
        "GetAccountSettings",
    )


def _requests_of_a_call(scenario: Scenario) -> int | None:
    """Return the most requests of one call, retries included; None where flows decide how many it makes."""
    attempts = (
        1 if scenario.client.retry is RetryMode.NONE else scenario.client.max_attempts or _MOST_ATTEMPTS
    )
    match scenario.drive:
        case DriveKind.LAMBDA:
            return attempts
        case DriveKind.DYNAMODB:
            each = sum(
                math.ceil(number) for one in scenario.functions.values() for number in one.operations.values()
            )
            return max(1, each) * attempts
        case _:
            return None


_installed: list[OutgoingGate] = []


def install(gate: OutgoingGate | None) -> None:
    """Make `gate` that of every client of this process; None: no live run."""
    _installed[:] = [] if gate is None else [gate]


def installed() -> OutgoingGate | None:
    """Return the gate of this process; None where no live run is driven."""
    return _installed[0] if _installed else None


def admit(request: Outgoing) -> Admitted | str:
    """Ask the gate of this process about a request to AWS; without one nothing leaves."""
    gate = installed()
    if gate is not None:
        return gate.admit(request)
    return f"Refused: {request.hosts[0]} is AWS itself, and this process has no permit from the safety gate."


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of `pairs`; readers disagree on which of two values of one name counts."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name occurs twice")
    return made


def _at(parameters: Mapping[str, Any], member: str) -> Any:
    found: Any = parameters
    for name in member.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _member(body: bytes, name: str) -> str:
    try:
        return str(json.loads(body)[name])
    except (ValueError, KeyError, TypeError):
        return ""


def _contact_of(body: bytes) -> str:
    return _member(body, "ContactId")


def _numbers(body: bytes) -> list[str]:
    """Return every telephone number and address in the body of a campaign's request."""
    try:
        waiting: list[Any] = [json.loads(body or b"{}")]
    except ValueError:
        return []
    found = []
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            for name, value in one.items():
                if isinstance(value, str) and name.lower().endswith(("phonenumber", "emailaddress")):
                    found.append(value)
                else:
                    waiting.append(value)
    return found
