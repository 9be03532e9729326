"""The gate where requests of a live run leave: each is looked at as it is on the wire."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from busyhour.errors import BusyhourError
from busyhour.load.safety import outgoing
from busyhour.load.safety.live_operations import may_be_sent
from busyhour.load.safety.outgoing import Admitted, Outgoing, OutgoingGate
from busyhour.load.safety.permit import Permit
from busyhour.load.settings import Settings
from busyhour.results import journal
from busyhour.scenarios.account import AwsTarget, Client, RetryMode
from busyhour.scenarios.model import DriveKind, Scenario
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

LISTED, SOURCE, UNLISTED = "+12025550101", "+12025550100", "+12025550177"
HOST = "connect.us-east-1.amazonaws.com"
AWS = AwsTarget(
    account="123456789012",
    instance="i",
    source_number=SOURCE,
    destinations=(LISTED,),
    max_calls=3,
    max_concurrent=3,
    max_cost_usd=5.0,
)
CALL = {
    "InstanceId": "i",
    "ContactFlowId": "f",
    "SourcePhoneNumber": SOURCE,
    "DestinationPhoneNumber": LISTED,
    "ClientToken": "t",
}


class Clocks:
    """A wall clock and one that cannot be set."""

    wall = 1000.0
    steady = 50.0


@pytest.fixture(scope="module")
def campaign() -> Scenario:
    return replace(load(shipped_root() / "scenarios" / "outbound.toml", root=shipped_root()), aws=AWS)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


Make = Callable[..., OutgoingGate]
ATTEMPTS = 1
"""Of one request, by the [client] of the scenario."""


@pytest.fixture
def make(campaign: Scenario, tmp_path: Path, clocks: Clocks) -> Iterator[Make]:
    made: list[OutgoingGate] = []

    def new(
        drive: DriveKind = DriveKind.VOICE,
        k: int = 0,
        n: int = 1,
        folder: Path | None = tmp_path,
        client: Client | None = None,
        **aws: Any,
    ) -> OutgoingGate:
        scenario = replace(campaign, drive=drive, aws=replace(AWS, **aws), client=client or campaign.client)
        settings = Settings(scenario.path, "aws", None, "i", "us-east-1", "123456789012", folder)
        permit = Permit("run", "123456789012", "us-east-1", "i", "", 0, 1600.0, "")

        def host_of(name: str) -> str:
            if name == "unheard-of":
                raise BusyhourError("no such service.")
            return f"{name}.us-east-1.amazonaws.com"

        gate = OutgoingGate(
            scenario,
            settings,
            permit,
            k,
            n,
            host_of,
            wall=lambda: clocks.wall,
            steady=lambda: clocks.steady,
        )
        made.append(gate)
        return gate

    yield new
    for each in made:
        each.close()


def request(
    body: Any = None,
    path: str = "/contact/outbound-voice",
    method: str = "PUT",
    service: str = "connect",
    **more: Any,
) -> Outgoing:
    host = f"{service}.us-east-1.amazonaws.com"
    given = {"region": "us-east-1", "hosts": (host, host), "query": "", "headers": {}, **more}
    data = body if isinstance(body, bytes) else json.dumps(CALL if body is None else body).encode()
    return Outgoing(service=service, method=method, path=path, body=data, **given)


def refused(gate: OutgoingGate, asked: Outgoing) -> str:
    decision = gate.admit(asked)
    assert isinstance(decision, str), decision
    assert decision.startswith("Refused: ")
    assert decision.endswith(".")
    return decision


def test_a_listed_number_may_be_called_and_is_in_the_journal_before(make: Make, tmp_path: Path) -> None:
    gate = make()
    admitted = gate.admit(request())
    assert admitted == Admitted("StartOutboundVoiceContact", new="t")
    assert (tmp_path / "requests-0.log").read_text() == "t\n"
    assert journal.live(tmp_path) == []
    gate.answered(admitted, b'{"ContactId":"c-1"}', ok=True)
    assert journal.live(tmp_path) == ["c-1"]
    assert gate.refusals == {}


def test_the_same_request_again_is_the_same_contact(make: Make, tmp_path: Path) -> None:
    gate = make(max_calls=1)
    gate.admit(request())
    assert gate.admit(request()) == Admitted("StartOutboundVoiceContact")
    assert gate.caps.started == 1
    assert "max_calls is 1" in refused(gate, request({**CALL, "ClientToken": "u"}))
    assert "max_calls is 1" in refused(gate, request({**CALL, "Attributes": {"a": "b"}}))
    assert (tmp_path / "requests-0.log").read_text() == "t\n"


def test_without_a_token_each_request_is_a_contact(make: Make, tmp_path: Path) -> None:
    gate = make()
    plain = {name: value for name, value in CALL.items() if name != "ClientToken"}
    for number in range(3):
        assert gate.admit(request(plain)) == Admitted("StartOutboundVoiceContact", new="contact")
        gate.answered(Admitted("StartOutboundVoiceContact", new="contact"), b"", ok=False)
        assert gate.caps.started == number + 1
    assert "max_calls is 3" in refused(gate, request(plain))
    assert (tmp_path / "requests-0.log").read_text().split() == ["request-0", "request-1", "request-2"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"DestinationPhoneNumber": UNLISTED},
            f"DestinationPhoneNumber '{UNLISTED}' is not in [aws] destinations",
        ),
        ({"DestinationPhoneNumber": None}, "DestinationPhoneNumber None is not in"),
        ({"SourcePhoneNumber": UNLISTED}, f"SourcePhoneNumber '{UNLISTED}' is not [aws] source_number"),
        ({"SourcePhoneNumber": None}, "SourcePhoneNumber None is not"),
        ({"InstanceId": "other"}, "the instance is 'other', the permit is for 'i'"),
        ({"destinationPhoneNumber": UNLISTED}, "'destinationPhoneNumber' is not a parameter of it"),
    ],
)
def test_what_is_called_from_where_is_compared_with_the_scenario(
    make: Make, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    gate = make()
    assert why in refused(gate, request({**CALL, **change}))
    assert (tmp_path / "requests-0.log").read_text() == ""
    assert gate.caps.started == 0


def test_a_scenario_without_a_source_number_calls_from_none(make: Make) -> None:
    assert "is not [aws] source_number ''" in refused(
        make(source_number=""), request({**CALL, "SourcePhoneNumber": ""})
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is not JSON"),
        (b"[]", "the body is not an object"),
        (
            json.dumps(CALL).encode()[:-1] + b',"DestinationPhoneNumber":"%s"}' % UNLISTED.encode(),
            "occurs twice",
        ),
    ],
)
def test_a_body_that_could_be_read_in_two_ways_does_not_leave(make: Make, body: bytes, why: str) -> None:
    assert why in refused(make(), request(body))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"region": "eu-west-2"}, "signed for Region 'eu-west-2', the permit is for 'us-east-1'"),
        (
            {"hosts": (HOST, "connect.eu-west-2.amazonaws.com")},
            "connect.eu-west-2.amazonaws.com is not the endpoint",
        ),
        ({"hosts": ("127.0.0.1:99", HOST)}, "127.0.0.1:99 is not the endpoint of connect, which is"),
        ({"path": "/contact/stop HTTP/1.1\r\nx: y"}, "would not be one request on the wire"),
        ({"path": "/contacts/i/c\tx", "method": "GET"}, "would not be one request"),
        ({"query": "a b"}, "would not be one request"),
        ({"headers": {"content-length": "0"}}, "would not be one request"),
        ({"headers": {"x": "a\r\nb: c"}}, "would not be one request"),
        ({"headers": {"x\n": "a"}}, "would not be one request"),
        ({"path": "/contact//outbound-voice"}, "connect PUT /contact//outbound-voice is not an operation"),
        ({"path": "/contact/outbound%2Dvoice"}, "is not an operation that a load test sends"),
        ({"path": "/contact/outbound-voice/"}, "is not an operation that a load test sends"),
        ({"path": ""}, "is not an operation that a load test sends"),
        ({"method": "POST"}, "is not an operation that a load test sends"),
        (
            {"path": "/users/i/u", "method": "DELETE"},
            "connect DeleteUser is not an operation that a load test sends",
        ),
        ({"service": "lambda"}, "lambda PUT /contact/outbound-voice is not an operation"),
        ({"service": "dynamodb"}, "dynamodb PUT /contact/outbound-voice is not an operation"),
        ({"service": "sms-voice"}, "sms-voice PUT /contact/outbound-voice is not an operation"),
        ({"service": "unheard-of"}, "unheard-of: no such service"),
    ],
)
def test_what_is_no_known_request_at_the_permitted_endpoint_does_not_leave(
    make: Make, change: dict[str, Any], why: str
) -> None:
    assert why in refused(make(), request(**change))


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        (
            "/contact/outbound-chat",
            {"DestinationEndpoint": {"Address": UNLISTED}},
            "DestinationEndpoint.Address",
        ),
        ("/contact/outbound-chat", {"DestinationEndpoint": UNLISTED}, "DestinationEndpoint.Address None"),
        (
            "/contact/outbound-email",
            {"DestinationEmailAddress": {"EmailAddress": "a@b.c"}},
            "'a@b.c' is not in",
        ),
        (
            "/instance/i/outbound-email",
            {"DestinationEmailAddress": {"EmailAddress": "a@b.c"}},
            "SendOutboundEmail: DestinationEmailAddress.EmailAddress",
        ),
        ("/contact/chat", {"InstanceId": "other"}, "the instance is 'other'"),
        ("/contact/task", {"InstanceId": "other"}, "the instance is 'other'"),
        ("/contact/email", {"InstanceId": "other"}, "the instance is 'other'"),
        ("/contact/webrtc", {"InstanceId": "other"}, "the instance is 'other'"),
    ],
)
def test_chats_tasks_and_emails_pass_the_same_gate(
    make: Make, path: str, body: dict[str, Any], why: str
) -> None:
    assert why in refused(make(), request({"InstanceId": "i", **body}, path))


def test_a_chat_counts_for_the_caps_and_the_journal(make: Make, tmp_path: Path) -> None:
    gate = make(max_calls=1)
    admitted = gate.admit(
        request({"InstanceId": "i", "ContactFlowId": "f", "ClientToken": "c"}, "/contact/chat")
    )
    assert admitted == Admitted("StartChatContact", new="c")
    gate.answered(admitted, b'{"ContactId":"chat-1"}', ok=True)
    assert journal.live(tmp_path) == ["chat-1"]
    assert "StartTaskContact: max_calls is 1" in refused(gate, request({"InstanceId": "i"}, "/contact/task"))


@pytest.mark.parametrize("service", ["connect-campaigns", "connectcampaigns"])
def test_requests_of_a_campaign_do_not_leave(make: Make, service: str) -> None:
    gate = make()
    batch = {"requests": [{"to": {"destinationPhoneNumber": LISTED}}, {"phoneNumber": UNLISTED}]}
    path = "/campaigns/c/dial-requests"
    assert f"'{UNLISTED}' is not in [aws] destinations" in refused(
        gate, request(batch, path, service=service)
    )
    batch["requests"].pop()
    assert "have no ids in its answer" in refused(gate, request(batch, path, service=service))
    assert "have no ids in its answer" in refused(gate, request(b"{", path, service=service))
    assert "have no ids in its answer" in refused(gate, request(b"", path, service=service))


@pytest.mark.parametrize("drive", [DriveKind.LAMBDA, DriveKind.DYNAMODB, DriveKind.BACKEND])
def test_a_run_that_was_approved_for_functions_or_tables_places_no_call(make: Make, drive: DriveKind) -> None:
    assert f"the run was approved for drive = '{drive.value}' alone" in refused(make(drive), request())


INVOKE = {"service": "lambda", "method": "POST", "path": "/2015-03-31/functions/lookup/invocations"}
PUT = {
    "service": "dynamodb",
    "method": "POST",
    "path": "/",
    "headers": {"x-amz-target": "DynamoDB_20120810.PutItem"},
}


@pytest.mark.parametrize(
    ("asked", "drives"),
    [(INVOKE, {DriveKind.LAMBDA, DriveKind.BACKEND}), (PUT, {DriveKind.DYNAMODB})],
    ids=["Invoke", "PutItem"],
)
def test_functions_and_tables_are_driven_where_that_is_what_was_approved(
    make: Make, asked: dict[str, Any], drives: set[DriveKind]
) -> None:
    for drive in DriveKind:
        decision = make(drive).admit(request(b"{}", **asked))
        assert isinstance(decision, Admitted) is (drive in drives), (drive, decision)


@pytest.mark.parametrize("target", ["DeleteTable", "", "X.PutItem"])
def test_tables_are_read_and_written_but_not_made_or_deleted(make: Make, target: str) -> None:
    headers = {"x-amz-target": f"{'evil' if target == 'X.PutItem' else ''}DynamoDB_20120810.{target}"}
    assert "is not an operation" in refused(
        make(DriveKind.DYNAMODB), request(b"{}", **{**PUT, "headers": headers})
    )


@pytest.mark.parametrize("change", [{"method": "GET"}, {"path": "/x"}, {"method": "GET", "path": "/x"}])
def test_a_table_s_operation_is_posted_to_the_root(make: Make, change: dict[str, str]) -> None:
    assert "is not an operation" in refused(make(DriveKind.DYNAMODB), request(b"{}", **{**PUT, **change}))


def test_requests_that_read_may_leave_for_every_drive(make: Make) -> None:
    reads = request(b"", "/contact-flows-summary/i", "GET")
    for drive in DriveKind:
        assert make(drive).admit(reads) == Admitted("ListContactFlows")
    assert make().admit(request(b"", "/instance", "GET")) == Admitted("ListInstances")
    assert "is not an operation" in refused(make(), request(b"", "/contact-flows-summary/i/more", "GET"))
    table = {**PUT, "headers": {"x-amz-target": "DynamoDB_20120810.DescribeTable"}}
    assert make().admit(request(b"{}", **table)) == Admitted("DescribeTable")


@pytest.mark.parametrize(("wall", "steady"), [(1600.0, 50.0), (1000.0, 650.0), (0.0, 650.0), (1600.0, 0.0)])
def test_after_the_permit_only_stop_contact_leaves_whichever_clock_says_so(
    make: Make, clocks: Clocks, wall: float, steady: float
) -> None:
    gate = make()
    clocks.wall, clocks.steady = wall, steady
    assert "the time that the safety gate allowed is over" in refused(gate, request())
    assert "ListContactFlows: the time" in refused(gate, request(b"", "/contact-flows-summary/i", "GET"))
    stop = gate.admit(request({"ContactId": "c", "InstanceId": "i"}, "/contact/stop", "POST"))
    assert stop == Admitted("StopContact", contact="c")


def test_a_moment_before_the_permit_ends_a_call_may_start(make: Make, clocks: Clocks) -> None:
    gate = make()
    clocks.wall, clocks.steady = 1599.9, 649.9
    assert isinstance(gate.admit(request()), Admitted)


def test_without_a_journal_nothing_is_called(make: Make) -> None:
    assert "no folder of the run for the journal" in refused(make(folder=None), request())


def test_a_journal_that_cannot_be_written_lets_nothing_leave(make: Make) -> None:
    gate = make()
    gate.close()
    assert "the journal cannot be written" in refused(gate, request())
    assert gate.caps.started == 0


@pytest.mark.parametrize(
    ("answer", "left"),
    [({"ok": True}, []), ({"ok": False, "gone": True}, []), ({"ok": False}, ["c-1"])],
    ids=["stopped", "had ended", "throttled"],
)
def test_a_contact_that_was_stopped_is_over(
    make: Make, tmp_path: Path, answer: dict[str, bool], left: list[str]
) -> None:
    gate = make()
    gate.answered(Admitted("StartOutboundVoiceContact", new="t"), b'{"ContactId":"c-1"}', ok=True)
    gate.caps.asked(0.0)
    stop = gate.admit(request({"ContactId": "c-1", "InstanceId": "i"}, "/contact/stop", "POST"))
    assert isinstance(stop, Admitted)
    gate.answered(stop, b"", **answer)
    assert journal.live(tmp_path) == left
    assert gate.caps.in_progress == len(left)


def test_a_contact_that_is_shown_as_ended_makes_room_and_one_in_progress_does_not(
    make: Make, tmp_path: Path
) -> None:
    gate = make()
    gate.caps.asked(0.0)
    gate.answered(Admitted("StartOutboundVoiceContact", new="t"), b'{"ContactId":"c-1"}', ok=True)
    show = gate.admit(request(b"", "/contacts/i/c-1", "GET"))
    assert show == Admitted("DescribeContact", contact="c-1")
    gate.answered(show, b'{"Contact":{}}', ok=True)
    gate.answered(show, b'{"Contact":{"DisconnectTimestamp":1}}', ok=False)
    assert gate.caps.in_progress == 1
    gate.answered(show, b'{"Contact":{"DisconnectTimestamp":1}}', ok=True)
    assert gate.caps.in_progress == 0
    assert journal.live(tmp_path) == []


def test_an_answer_without_an_id_is_not_in_the_journal(make: Make, tmp_path: Path) -> None:
    gate = make()
    for body in (b"", b"[]", b'{"ContactId":""}'):
        gate.answered(Admitted("StartOutboundVoiceContact", new="t"), body, ok=True)
    gate.answered(Admitted("StartOutboundVoiceContact", new="t"), b'{"ContactId":"c"}', ok=False)
    assert journal.live(tmp_path) == []


def test_an_heir_starts_what_the_journal_of_the_lost_worker_leaves(make: Make, tmp_path: Path) -> None:
    (tmp_path / "requests-1.log").write_text("a\n")
    gate = make(k=0, n=2, max_calls=8, max_concurrent=90)
    for number in range(4):
        assert isinstance(gate.admit(request({**CALL, "ClientToken": str(number)})), Admitted)
    assert "may start 4" in refused(gate, request({**CALL, "ClientToken": "5th"}))
    gate.inherit(1, 0, 1)
    assert "may start" not in str(gate.admit(request({**CALL, "ClientToken": "5th"})))
    for number in (6, 7):
        gate.admit(request({**CALL, "ClientToken": str(number)}))
    assert "may start 7" in refused(gate, request({**CALL, "ClientToken": "8th"}))


def test_nothing_is_inherited_of_a_worker_whose_journal_is_elsewhere(make: Make) -> None:
    gate = make(k=0, n=2, max_calls=2)
    gate.admit(request())
    gate.inherit(1, 0, 1)
    assert "may start 1" in refused(gate, request({**CALL, "ClientToken": "u"}))


def test_refusals_are_counted_by_their_sentence(make: Make) -> None:
    gate = make()
    for _ in range(2):
        refused(gate, request({**CALL, "DestinationPhoneNumber": UNLISTED}))
    ((sentence, times),) = gate.refusals.items()
    assert UNLISTED in sentence
    assert times == 2


def test_without_a_live_run_nothing_goes_to_aws(make: Make) -> None:
    outgoing.install(None)
    assert outgoing.admit(request()) == (
        f"Refused: {HOST} is AWS itself, and this process has no permit from the safety gate."
    )
    gate = make()
    outgoing.install(gate)
    assert outgoing.installed() is gate
    assert isinstance(outgoing.admit(request()), Admitted)


def test_a_repeated_request_brings_the_id_that_the_first_did_not(make: Make, tmp_path: Path) -> None:
    gate = make()
    first = gate.admit(request())
    assert isinstance(first, Admitted)
    assert journal.unanswered(tmp_path) == ["t"], "as a kill -9 finds it while the request is in flight"
    gate.answered(first, b"", ok=False, settled=False)
    assert journal.unanswered(tmp_path) == ["t"]
    again = gate.admit(request())
    assert isinstance(again, Admitted)
    gate.answered(again, b'{"ContactId":"c-1"}', ok=True)
    assert journal.live(tmp_path) == ["c-1"]
    assert journal.unanswered(tmp_path) == []
    assert gate.caps.in_progress == 1


def test_a_request_that_connect_refused_started_no_contact(make: Make, tmp_path: Path) -> None:
    gate = make()
    admitted = gate.admit(request())
    assert isinstance(admitted, Admitted)
    gate.answered(admitted, b"", ok=False)
    assert journal.unanswered(tmp_path) == []


def test_invocations_are_bounded_by_the_caps_on_calls_where_they_leave(make: Make) -> None:
    gate = make(DriveKind.LAMBDA, max_calls=4, max_concurrent=2)
    flying = [gate.admit(request(b"{}", **INVOKE)) for _ in range(2)]
    assert all(isinstance(each, Admitted) for each in flying)
    assert "max_concurrent is 2, of which this worker may have 2 requests in flight" in refused(
        gate, request(b"{}", **INVOKE)
    )
    for each in flying:
        assert isinstance(each, Admitted)
        gate.answered(each, b"", ok=False, settled=False)
    for _ in range(gate.request_caps.sent, 4 * ATTEMPTS):
        each = gate.admit(request(b"{}", **INVOKE))
        assert isinstance(each, Admitted), each
        gate.answered(each, b"{}", ok=True)
    assert "max_calls is 4, for which this worker may send" in refused(gate, request(b"{}", **INVOKE))


def test_requests_of_a_table_are_bounded_and_its_description_is_free(make: Make) -> None:
    gate = make(DriveKind.DYNAMODB, max_calls=100, max_concurrent=1)
    assert isinstance(gate.admit(request(b"{}", **PUT)), Admitted)
    assert "in flight" in refused(gate, request(b"{}", **PUT))
    described = {**PUT, "headers": {"x-amz-target": "DynamoDB_20120810.DescribeTable"}}
    assert isinstance(gate.admit(request(b"{}", **described)), Admitted)


@pytest.mark.parametrize(("attempts", "most"), [(3, 12), (None, 40)])
def test_the_attempts_of_the_sdk_are_within_the_bound(make: Make, attempts: int | None, most: int) -> None:
    gate = make(
        DriveKind.LAMBDA, client=Client(RetryMode.STANDARD, attempts), max_calls=4, max_concurrent=100
    )
    for _ in range(most):
        assert isinstance(gate.admit(request(b"{}", **INVOKE)), Admitted)
    why = refused(gate, request(b"{}", **INVOKE))
    assert f"max_calls is 4, for which this worker may send {most} requests" in why


def test_reads_of_a_run_with_calls_count_for_no_cap(make: Make) -> None:
    gate = make(max_calls=1, max_concurrent=1)
    metrics = request(b"{}", "/metrics/current/i", "POST")
    for _ in range(5):
        assert gate.admit(metrics) == Admitted("GetCurrentMetricData")
    assert isinstance(gate.admit(request()), Admitted)


def test_a_contact_that_cannot_be_written_down_is_the_last_one(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = make()
    first = gate.admit(request())
    assert isinstance(first, Admitted)

    def full(self: journal.Journal, identity: str) -> None:
        raise OSError(28, "No space left on device", "contacts")

    monkeypatch.setattr(journal.Journal, "write", full)
    gate.answered(first, b'{"ContactId":"c-1"}', ok=True)
    assert gate.caps.in_progress == 1, "its caller follows and ends it"
    why = refused(gate, request({**CALL, "ClientToken": "u"}))
    assert why.endswith("the journal cannot be written: No space left on device.")


@pytest.mark.parametrize("service", ["lambda", "dynamodb", "sts"])
def test_only_connect_starts_contacts(service: str) -> None:
    assert may_be_sent("connect", "StartOutboundVoiceContact")
    assert not may_be_sent(service, "StartOutboundVoiceContact")
