"""Attempts on the safety gate: each is refused with its sentence, before anything is sent."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.safety.approval import Approval, read_approval
from busyhour.harness.safety.caller import confirmed
from busyhour.harness.safety.gate import Clearance, Intent, clear, recheck
from busyhour.harness.target import Target, aws
from busyhour.load.safety import permit as permits
from busyhour.load.safety.outgoing import Outgoing, OutgoingGate
from busyhour.load.safety.permit import Permit
from busyhour.load.settings import Settings
from busyhour.results.journal import Journal, contacts_file
from busyhour.scenarios.account import AwsTarget
from busyhour.scenarios.model import DriveKind, Scenario
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

ROOT = shipped_root()
ACCOUNT, INSTANCE, REGION = "123456789012", "11111111-2222-3333-4444-555555555555", "us-east-1"
SOURCE, LISTED, UNLISTED = "+12025550100", "+12025550101", "+12025550177"
NIGHT = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)  # 22:00 in New York
INTENT = Intent(calls=100, peak_concurrent=5.0, minutes=50.0)
AWS = AwsTarget(
    account=ACCOUNT,
    region=REGION,
    instance=INSTANCE,
    source_number=SOURCE,
    destinations=(LISTED,),
    max_calls=500,
    max_concurrent=50,
    max_cost_usd=50.0,
)
APPROVAL = Approval(
    id="LT-1",
    account=ACCOUNT,
    region=REGION,
    instance=INSTANCE,
    not_before=datetime(2026, 12, 1, tzinfo=UTC),
    not_after=datetime(2026, 12, 4, tzinfo=UTC),
    emergency_contact="Jo Doe, +1 202 555 0199",
    max_calls=500,
    max_concurrent=50,
    path=Path("approval.toml"),
)
RECORD = """id = "LT-1"
account = "123456789012"
region = "us-east-1"
instance = "i"
not_before = 2026-12-01T00:00:00Z
not_after = 2026-12-03T00:00:00Z
emergency_contact = "Jo Doe"
max_calls = 500
max_concurrent = 10
"""
PERSONAL = """approved_by = "Jo Doe"
drive = "lambda"
account = "123456789012"
region = "us-east-1"
not_before = 2026-12-01T00:00:00Z
not_after = 2026-12-03T00:00:00Z
max_calls = 500
max_concurrent = 10
"""
CALL = {
    "InstanceId": INSTANCE,
    "ContactFlowId": "f",
    "SourcePhoneNumber": SOURCE,
    "DestinationPhoneNumber": LISTED,
}


class Bench:
    """What attempts are made with: a campaign that the gate lets pass, and a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        plain = load(ROOT / "scenarios" / "outbound.toml", root=ROOT)
        self.campaign = replace(plain, aws=AWS, path=Path("campaign.toml"))
        self.made: list[OutgoingGate] = []

    def gate(
        self, *, k: int = 0, n: int = 1, drive: DriveKind = DriveKind.VOICE, **given: Any
    ) -> OutgoingGate:
        """The gate of a worker whose permit is good for ten minutes; `wall` and `steady` are its clocks."""
        scenario = replace(self.campaign, drive=drive, aws=replace(AWS, **given.pop("aws", {})))
        settings = Settings(
            scenario.path, "aws", None, INSTANCE, REGION, ACCOUNT, given.pop("folder", self.folder)
        )
        granted = Permit("run", ACCOUNT, REGION, INSTANCE, "", 0, 1600.0, "")
        clocks = {"wall": lambda: 1000.0, "steady": lambda: 50.0, **given}
        gate = OutgoingGate(scenario, settings, granted, k, n, lambda name: f"{name}.aws", **clocks)
        self.made.append(gate)
        return gate


Try = Callable[[Bench], Any]
ATTEMPTS: list[Any] = []


def attempts(group: str, made: Iterator[tuple[str, Try, str]]) -> None:
    """Add attempts to the table, each with a name, what is tried, and a part of the sentence that refuses it."""
    ATTEMPTS.extend(pytest.param(tried, sentence, id=f"{group}: {name}") for name, tried, sentence in made)


def run_of(change: dict[str, Any], *, drive: DriveKind = DriveKind.VOICE, **given: Any) -> Try:
    """Start a run of the campaign with a changed [aws]."""

    def tried(bench: Bench) -> Any:
        scenario = replace(bench.campaign, drive=drive, aws=replace(AWS, **change))
        return clear(
            scenario, given.get("intent", INTENT), given.get("approval", APPROVAL), given.get("now", NIGHT)
        )

    return tried


# ---------------------------------------------------------------------------------------------------- numbers


def numbers() -> Iterator[tuple[str, Try, str]]:
    for number, why in (
        *(
            (one, "is an emergency number")
            for one in ("+911", "+112", "+999", "+110", "+119", "+1911", "+44999")
        ),
        *(
            (one, "is an emergency number")
            for one in ("+49112", "+33112", "+61000", "+81110", "+39118", "+1112")
        ),
        *((one, "is a premium-rate number") for one in ("+19005550100", "+12029761234", "+449098765432")),
        *((one, "is a premium-rate number") for one in ("+448712345678", "+447012345678", "+41900123456")),
        *((one, "is a premium-rate number") for one in ("+883510000000091", "+80812345678", "+882161234567")),
        *(
            (one, "is not a valid telephone number")
            for one in ("+15555550100", "+1202555010", "+120255501011")
        ),
        *((one, "is not a valid telephone number") for one in ("+999123456789", "+4912", "+33012345678")),
        *(
            (f"{LISTED}{end}", "is not a number in E.164 form")
            for end in ("\n", "\r\n", " ", "\0", "x5", ";ext=5")
        ),
        *(
            (one, "is not a number in E.164 form")
            for one in ("12025550101", "+1 202 555 0101", "+1-202-555-0101")
        ),
        *((one, "is not a number in E.164 form") for one in ("", "+", "tel:+12025550101", "++12025550101")),
        (
            "+\u0661\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0660\u0661",
            "is not a number in E.164 form",
        ),
        ("\uff0b12025550101", "is not a number in E.164 form"),
        ("+012025550101", "is not a number in E.164 form"),
        ("+1202555010112345", "is not a number in E.164 form"),
    ):
        yield repr(number), run_of({"destinations": (LISTED, number)}), f"{number!r} in destinations {why}"
    for source in ("+911", "+19005550100", f"{SOURCE}\n", "+15555550100"):
        yield f"from {source!r}", run_of({"source_number": source}), f"{source!r} in source_number is"
    yield "from no number", run_of({"source_number": ""}), "names no source_number"
    yield "no destination", run_of({"destinations": ()}), "allows no destination"


attempts("number", numbers())

# ------------------------------------------------------------------------------------------------------- caps


def caps() -> Iterator[tuple[str, Try, str]]:
    for key in ("max_calls", "max_concurrent", "max_cost_usd"):
        yield f"no {key}", run_of({key: None}), f"sets no {key}"
        for value in (float("nan"), float("inf"), -1, 0):
            yield f"{key} {value}", run_of({key: value}), f"sets {key} = {value}"
    yield "more calls", run_of({"max_calls": 99}), "needs 100 where"
    yield "more at once", run_of({"max_concurrent": 4}), "caps max_concurrent at 4"
    yield "more money", run_of({"max_cost_usd": 1.8}), "caps max_cost_usd at 1.8"
    for name in ("peak_concurrent", "minutes"):
        unknown = replace(INTENT, **{name: float("nan")})
        yield f"unknown {name}", run_of({}, intent=unknown), "The run needs nan where"
    few = replace(APPROVAL, max_calls=99)
    yield "more than approved", run_of({}, approval=few), "approves 99"
    yield "more at once than approved", run_of({}, approval=replace(APPROVAL, max_concurrent=4)), "approves 4"


attempts("cap", caps())

# ----------------------------------------------------------------------------------------------------- window


def window() -> Iterator[tuple[str, Try, str]]:
    for region, utc, local in (
        ("us-east-1", "2026-12-02T22:59", "17:59"),
        ("us-east-1", "2026-12-02T11:00", "06:00"),
        ("us-east-1", "2026-07-02T21:59", "17:59"),
        ("us-east-1", "2026-07-02T10:00", "06:00"),
        ("us-west-2", "2026-12-02T01:59", "17:59"),
        ("us-west-2", "2026-12-02T14:00", "06:00"),
        ("eu-west-2", "2026-07-02T16:59", "17:59"),
        ("eu-west-2", "2026-07-02T05:00", "06:00"),
        ("eu-central-1", "2026-12-02T12:00", "13:00"),
        ("ap-northeast-1", "2026-12-02T08:59", "17:59"),
        ("ap-southeast-2", "2026-12-02T06:59", "17:59"),
        ("af-south-1", "2026-12-02T04:00", "06:00"),
    ):
        now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
        good = replace(
            APPROVAL, region=region, not_before=now - timedelta(days=1), not_after=now + timedelta(days=1)
        )
        yield (
            f"{local} in {region}, {now:%B}",
            run_of({"region": region}, approval=good, now=now),
            f"It is {local} in {region}",
        )
    late = datetime(2026, 12, 2, 10, 59, tzinfo=UTC)
    yield "until after six", run_of({}, now=late), "AWS allows load tests until 06:00"
    yield "before the approval", run_of({}, now=APPROVAL.not_before - timedelta(seconds=1)), "is good from"
    yield "after the approval", run_of({}, now=APPROVAL.not_after + timedelta(seconds=1)), "is good from"
    ends = replace(APPROVAL, not_after=NIGHT + timedelta(seconds=1))
    yield "longer than approved", run_of({}, approval=ends), "the approval ends at"


attempts("window", window())

# --------------------------------------------------------------------------------- account, Region, instance


class Caller:
    """STS and Connect of an account."""

    def __init__(self, account: str = ACCOUNT, arn: str = "") -> None:
        self.account, self.arn = account, arn

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.account, "Arn": f"arn:aws:iam::{self.account}:user/jo"}

    def describe_instance(self, **_: Any) -> dict[str, Any]:
        return {"Instance": {"Arn": self.arn}}


def as_caller(caller: Caller, drive: DriveKind) -> Try:
    def tried(bench: Bench) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Target, "client", lambda self, service: caller)
            return confirmed(aws(replace(bench.campaign, drive=drive)))

    return tried


def places() -> Iterator[tuple[str, Try, str]]:
    yield "no account", run_of({"account": ""}), "names no account"
    yield "no instance", run_of({"instance": ""}), "names no instance"
    yield "no such Region", run_of({"region": "us-east-9"}), "is not a Region with Connect"
    for key, other in (("account", "2" * 12), ("region", "eu-west-2"), ("instance", "other")):
        yield (
            f"another {key}",
            run_of({}, approval=replace(APPROVAL, **{key: other})),
            f"approves {key} {other!r}",
        )
    for drive in DriveKind:
        named = f"of account {'2' * 12}"
        yield f"credentials of another account, {drive.value}", as_caller(Caller("2" * 12), drive), named
        arn = f"arn:aws:connect:eu-west-2:{ACCOUNT}:instance/{INSTANCE}"
        yield f"instance in another Region, {drive.value}", as_caller(Caller(arn=arn), drive), f"is {arn}"
    yield "no instance at all", as_caller(Caller(), DriveKind.VOICE), "the instance is (none)"


attempts("place", places())

# --------------------------------------------------------------------------------------------------- approval


def record(old: str, new: str, text: str = RECORD, drive: DriveKind = DriveKind.VOICE) -> Try:
    def tried(bench: Bench) -> Any:
        assert old in text
        path = bench.folder / "approval.toml"
        path.write_text(text.replace(old, new, 1))
        return read_approval(path, drive)

    return tried


def of_file(make: Callable[[Path], Any]) -> Try:
    def tried(bench: Bench) -> Any:
        path = bench.folder / "approval.toml"
        make(path)
        return read_approval(path)

    return tried


def approvals() -> Iterator[tuple[str, Try, str]]:
    yield "none", run_of({}, approval=None), "names no approval record"
    yield (
        "no contact",
        run_of({}, approval=replace(APPROVAL, emergency_contact=" ")),
        "names no emergency contact",
    )
    for drive in (DriveKind.LAMBDA, DriveKind.DYNAMODB, DriveKind.BACKEND):
        yield f"none, {drive.value}", run_of({}, drive=drive, approval=None), "names no approval record"
        yield f"AWS's, {drive.value}", run_of({}, drive=drive), f"approves drive 'voice', not '{drive.value}'"
        unnamed = replace(APPROVAL, drive=drive.value, emergency_contact="")
        yield f"no person, {drive.value}", run_of({}, drive=drive, approval=unnamed), "names no person"
        yield f"AWS's record, {drive.value}", record("", "", drive=drive), "unknown key 'id'"
    yield (
        "a person's for calls",
        run_of({}, approval=replace(APPROVAL, drive="lambda")),
        "approves drive 'lambda'",
    )
    yield "a person's record for calls", record("", "", PERSONAL), "unknown key 'approved_by'"
    for line in RECORD.splitlines():
        key = line.partition(" ")[0]
        yield f"without {key}", record(f"{line}\n", ""), f"{key} is missing"
    for line in PERSONAL.splitlines()[:2]:
        key = line.partition(" ")[0]
        tried = record(f"{line}\n", "", PERSONAL, DriveKind.LAMBDA)
        yield f"a person's without {key}", tried, f"{key} is missing"
    for value in ("true", "0", "-5", "5.5", "nan", "inf", '"500"', "10000001", "100000000000"):
        yield (
            f"max_calls {value}",
            record("max_calls = 500", f"max_calls = {value}"),
            "must be int, from 1 to",
        )
    for value in ("2026-12-01", "2026-12-01T00:00:00", '"2026-12-01T00:00:00Z"', "1764547200"):
        tried = record("not_before = 2026-12-01T00:00:00Z", f"not_before = {value}")
        yield f"not_before {value}", tried, "a date and time with an offset"
    tried = record("not_after = 2026-12-03T00:00:00Z", "not_after = 2026-12-01T00:00:00Z")
    yield "ends as it begins", tried, "not earlier than not_after"
    yield "two lines", record('"Jo Doe"', '"Jo\\nDoe"'), "it must be str, on one line"
    yield "another key", record("max_calls", "max_cals"), "unknown key 'max_cals'"
    yield "twice", record("max_calls = 500", "max_calls = 500\nmax_calls = 5000"), "is not TOML"
    yield "no file", of_file(lambda path: None), "cannot be read"
    yield "a folder", of_file(lambda path: path.mkdir()), "is not a file"
    yield "a pipe", of_file(lambda path: os.mkfifo(path)), "is not a file"
    yield "/dev/zero", of_file(lambda path: path.symlink_to("/dev/zero")), "is not a file"
    yield "a link to nothing", of_file(lambda path: path.symlink_to("nowhere")), "cannot be read"
    yield "too large", of_file(lambda path: path.write_bytes(b"#" * 70_000)), "is larger than 65,536 bytes"
    yield "not text", of_file(lambda path: path.write_bytes(b"\xff\xfe")), "is not TOML"


attempts("approval", approvals())

# ---------------------------------------------------------------------------------------------------- permits


def permit(change: Callable[[Path, dict[str, Any]], Any], *, late: float = 0.0, **settings: Any) -> Try:
    """Take a permit after something was done to the folder or to the settings."""

    def tried(bench: Bench) -> Any:
        folder = bench.folder / "run"
        folder.mkdir()
        secret = permits.issue(folder, bench.campaign, 60.0)
        given = {
            "scenario": bench.campaign.path,
            "target": "aws",
            "endpoint": None,
            "instance": INSTANCE,
            "region": REGION,
            "account": ACCOUNT,
            "run_dir": folder,
            "permit": secret,
            **settings,
        }
        scenario = change(folder, given) or bench.campaign
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "getppid", os.getpid)
            assert isinstance(scenario, Scenario | float | int | str)
            used = scenario if isinstance(scenario, Scenario) else bench.campaign
            return permits.take(Settings(**given), used, time.time() + late)

    return tried


def edited(**values: Any) -> Callable[[Path, dict[str, Any]], Any]:
    def change(folder: Path, _: dict[str, Any]) -> None:
        path = folder / permits.FILE
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def taken(folder: Path, given: dict[str, Any]) -> None:
    (folder / permits.FILE).rename(folder / permits.TAKEN_FILE)


def copied(folder: Path, given: dict[str, Any]) -> None:
    other = folder.with_name("other")
    folder.rename(other)
    folder.mkdir()
    (folder / permits.FILE).symlink_to(other / permits.FILE)
    path = other / permits.FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "run": "other"}))


def kept(folder: Path, given: dict[str, Any]) -> None:
    """Nothing is done."""


def permits_tried() -> Iterator[tuple[str, Try, str]]:
    yield "no secret", permit(kept, permit=""), "was not started by `busyhour run`"
    yield "no folder", permit(kept, run_dir=None), "was not started by `busyhour run`"
    yield "a guessed secret", permit(kept, permit="guessed"), "is not the secret of"
    yield "used", permit(taken), "was used already"
    yield "another run's, by a link", permit(copied), "is the permit of the run 'other'"
    yield "withdrawn", permit(lambda folder, _: permits.withdraw(folder)), "no such file"
    yield "expired", permit(kept, late=61.0), "has expired"
    yield "without end", permit(edited(expires=float("nan"))), "NaN is not a JSON number"
    yield "an end that is text", permit(edited(expires="never")), "the permit's expires is 'never'"
    yield "another parent", permit(edited(issuer=1)), "its own `busyhour run` starts"
    yield "another plan", permit(edited(plan="0" * 64)), "is for a plan other than"
    for key, other in (("account", "2" * 12), ("region", "eu-west-2"), ("instance", "other")):
        shown = "Region" if key == "region" else key
        yield f"for another {key}", permit(edited(**{key: other})), f"is for {shown} {other!r}, not"
        yield f"used for another {key}", permit(kept, **{key: other}), f"not {other!r}"
    yield "not JSON", permit(lambda folder, _: (folder / permits.FILE).write_text("{") and None), "Refused"
    yield "a list", permit(lambda folder, _: (folder / permits.FILE).write_text("[]") and None), "Refused"
    yield "no digest", permit(lambda folder, _: (folder / permits.FILE).write_text("{}") and None), "has no"


attempts("permit", permits_tried())


def clearances() -> Iterator[tuple[str, Try, str]]:
    def with_clearance(plan: str | None, late: float) -> Try:
        def tried(bench: Bench) -> Any:
            if plan is None:
                return recheck(None, bench.campaign, NIGHT)
            made = plan or permits.plan_of(bench.campaign)
            return recheck(Clearance(made, NIGHT), bench.campaign, NIGHT + timedelta(seconds=late))

        return tried

    yield "none", with_clearance(None, 0.0), "the safety gate has not passed"
    yield "of another plan", with_clearance("0" * 64, -9.0), "the safety gate has not passed"
    yield "that ends now", with_clearance("", 0.0), "ended at"
    yield "that has ended", with_clearance("", 60.0), "ended at"


attempts("clearance", clearances())

# --------------------------------------------------------------------------------------- requests that leave


def sent(change: Any = None, path: str = "/contact/outbound-voice", before: int = 0, **given: Any) -> Try:
    """Send a request as a generator with a permit would, after `before` calls."""
    more = {
        name: given.pop(name) for name in ("service", "method", "headers", "region", "hosts") if name in given
    }

    def tried(bench: Bench) -> Any:
        gate = bench.gate(**given)
        for number in range(before):
            allowed = gate.admit(request({"ClientToken": str(number)}, "/contact/outbound-voice", {}))
            assert not isinstance(allowed, str)
        return gate.admit(request({} if change is None else change, path, more))

    return tried


def request(change: Any, path: str, more: dict[str, Any]) -> Outgoing:
    service = more.get("service", "connect")
    body = change if isinstance(change, bytes) else json.dumps({**CALL, **change}).encode()
    given = {
        "region": REGION,
        "hosts": (f"{service}.aws", f"{service}.aws"),
        "method": "PUT",
        "query": "",
        "headers": {},
        **more,
        "service": service,
    }
    return Outgoing(path=path, body=body, **given)


def requests() -> Iterator[tuple[str, Try, str]]:
    yield (
        "a subclass with its own destination",
        sent({"DestinationPhoneNumber": UNLISTED}),
        f"{UNLISTED!r} is not in",
    )
    yield "a subclass without one", sent({"DestinationPhoneNumber": ""}), "'' is not in [aws] destinations"
    yield "a subclass with a list", sent({"DestinationPhoneNumber": [LISTED]}), "is not in [aws] destinations"
    yield "with a newline", sent({"DestinationPhoneNumber": f"{LISTED}\n"}), "is not in [aws] destinations"
    yield "a source of its own", sent({"SourcePhoneNumber": UNLISTED}), "is not [aws] source_number"
    yield "no source", sent({"SourcePhoneNumber": None}), "is not [aws] source_number"
    yield "another instance", sent({"InstanceId": "other"}), "the instance is 'other'"
    yield "another case", sent({"destinationphonenumber": UNLISTED}), "is not a parameter of it"
    twice = json.dumps(CALL).encode()[:-1] + f',"DestinationPhoneNumber":"{UNLISTED}"}}'.encode()
    yield "two numbers", sent(twice), "occurs twice"
    for body in (b"", b"[]", b"null", b"{", b"\xff"):
        yield f"body {body!r}", sent(body), "the body is not"
    yield "a load test beside, after all calls", sent(before=3, aws={"max_calls": 3}), "max_calls is 3"
    yield (
        "a load test beside, after all places",
        sent(before=3, aws={"max_concurrent": 3}),
        "max_concurrent is 3",
    )
    yield (
        "both legs",
        sent(before=2, aws={"max_concurrent": 4, "loopback": "same"}),
        "may have 2 calls at once",
    )
    for key in ("max_calls", "max_concurrent", "max_cost_usd"):
        yield f"no {key}", sent(aws={key: None}), f"{key} is None"
    yield "a fourth worker of three calls", sent(k=3, n=4, aws={"max_calls": 3}), "this worker may start 0"
    yield "a third worker of two places", sent(k=2, n=3, aws={"max_concurrent": 2}), "this worker may have 0"
    yield "more than the worker's share", sent(before=2, n=2, aws={"max_calls": 4}), "this worker may start 2"
    yield "after the permit", sent(wall=lambda: 1600.0), "the time that the safety gate allowed is over"
    back = iter([50.0])
    yield (
        "a clock set back",
        sent(steady=lambda: next(back, 650.0)),
        "the time that the safety gate allowed is over",
    )
    yield "without a journal", sent(folder=None), "no folder of the run for the journal"
    for name, path, body in (
        ("a chat", "/contact/chat", {}),
        ("a task", "/contact/task", {}),
        ("an email", "/contact/email", {}),
        ("WebRTC", "/contact/webrtc", {}),
    ):
        plain = json.dumps({"InstanceId": INSTANCE, **body}).encode()
        yield f"{name} after all calls", sent(plain, path, before=3, aws={"max_calls": 3}), "max_calls is 3"
        other = json.dumps({"InstanceId": "other"}).encode()
        yield f"{name} of another instance", sent(other, path), "the instance is 'other'"
    chat = json.dumps({"InstanceId": INSTANCE, "DestinationEndpoint": {"Address": UNLISTED}}).encode()
    yield "an outbound chat", sent(chat, "/contact/outbound-chat"), f"{UNLISTED!r} is not in"
    mail = json.dumps({"InstanceId": INSTANCE, "DestinationEmailAddress": {"EmailAddress": "a@b.c"}}).encode()
    yield "an outbound email", sent(mail, "/contact/outbound-email"), "'a@b.c' is not in"
    for service in ("connect-campaigns", "connectcampaigns"):
        batch = json.dumps({"dialRequests": [{"phoneNumber": UNLISTED}]}).encode()
        path = "/campaigns/c/dial-requests"
        yield f"{service}, unlisted", sent(batch, path, service=service), f"{UNLISTED!r} is not in"
        start = "/campaigns/c/start"
        yield (
            f"{service}, start",
            sent(b"{}", start, service=service, method="POST"),
            "have no ids in its answer",
        )
    for path in (
        "/contact//outbound-voice",
        "/contact/outbound%2Dvoice",
        "/contact/outbound-voice/",
        "//contact",
    ):
        yield f"path {path}", sent(path=path), "is not an operation that a load test sends"
    for path in (
        "/contact/outbound-voice?x",
        "/contact/outbound-voice;x",
        "/contact/../contact/outbound-voice",
    ):
        yield f"path {path}", sent(path=path), "is not an operation that a load test sends"
    for path in ("/contact/stop HTTP/1.1\r\nx: y", "/contact/stop\n", "/contact/outbound-voice\0"):
        yield f"path {path!r}", sent(path=path), "would not be one request on the wire"
    for name in ("content-length", "transfer-encoding", "host", "authorization"):
        yield f"its own {name}", sent(headers={name: "1"}), "would not be one request on the wire"
    for service in ("lambda", "dynamodb", "sms-voice", "sns", "ses", "pinpoint"):
        yield f"a call under the name of {service}", sent(service=service), "is not an operation that"
    for path, method in (("/users/i/u", "DELETE"), ("/instance", "PUT"), ("/phone-number/claim", "POST")):
        yield (
            f"{method} {path}",
            sent(b"{}", path, method=method),
            "is not an operation that a load test sends",
        )
    yield "another Region", sent(region="eu-west-2"), "signed for Region 'eu-west-2'"
    yield (
        "another host",
        sent(hosts=("evil.example", "connect.aws")),
        "evil.example is not the endpoint of connect",
    )
    yield (
        "another Host header",
        sent(hosts=("connect.aws", "connect.eu")),
        "connect.eu is not the endpoint of",
    )
    for drive in (DriveKind.LAMBDA, DriveKind.DYNAMODB, DriveKind.BACKEND):
        yield f"a call beside {drive.value}", sent(drive=drive), f"approved for drive = '{drive.value}' alone"
    invoke = "/2015-03-31/functions/f/invocations"
    for drive in (DriveKind.VOICE, DriveKind.DYNAMODB):
        tried = sent(b"{}", invoke, service="lambda", method="POST", drive=drive)
        yield f"Invoke beside {drive.value}", tried, f"approved for drive = '{drive.value}' alone"
    put = {"x-amz-target": "DynamoDB_20120810.PutItem"}
    for drive in (DriveKind.VOICE, DriveKind.LAMBDA):
        tried = sent(b"{}", "/", service="dynamodb", method="POST", headers=put, drive=drive)
        yield f"PutItem beside {drive.value}", tried, f"approved for drive = '{drive.value}' alone"


attempts("request", requests())

# --------------------------------------------------------------------------------------------------- journals


def journal(make: Callable[[Path], Any]) -> Try:
    def tried(bench: Bench) -> Any:
        path = contacts_file(bench.folder, 0)
        make(path)
        return Journal(path)

    return tried


def journals() -> Iterator[tuple[str, Try, str]]:
    def to_a_file(path: Path) -> None:
        other = path.with_name("other.log")
        other.touch()
        path.symlink_to(other)

    yield "a link to /dev/null", journal(lambda path: path.symlink_to("/dev/null")), "cannot be written"
    yield "a link to another file", journal(to_a_file), "cannot be written"
    yield "a link to nothing", journal(lambda path: path.symlink_to("nowhere")), "cannot be written"
    yield "a pipe", journal(lambda path: os.mkfifo(path)), "cannot be written"
    yield "a folder", journal(lambda path: path.mkdir()), "cannot be written"
    yield "no folder", journal(lambda path: path.parent.rmdir()), "cannot be written"


attempts("journal", journals())

# --------------------------------------------------------------------------------------------------- scenario


def scenario(*settings: str) -> Try:
    return lambda _: load(ROOT / "scenarios" / "outbound.toml", root=ROOT, overrides=settings)


def scenarios() -> Iterator[tuple[str, Try, str]]:
    for key in ("max_calls", "max_concurrent", "max_cost_usd"):
        for value in ("nan", "inf", "-inf", "0", "-1", "true", '"5"', "1e308", "99999999999999999999"):
            yield f"{key} = {value}", scenario(f"aws.{key}={value}"), f"aws.{key} is"
    for value in ("nan", "inf", "-1", "2"):
        yield f"error_budget = {value}", scenario(f"aws.error_budget={value}"), "aws.error_budget is"
    for value in (
        f"{LISTED}\\n",
        f"{LISTED} ",
        f" {LISTED}",
        f"{LISTED} premium x",
        f"{LISTED} Premium",
        "911",
        "",
    ):
        yield f"destination {value!r}", scenario(f'aws.destinations=["{value}"]'), "aws.destinations[1] is"
    yield "source with a newline", scenario(f'aws.source_number="{SOURCE}\\n"'), "aws.source_number is"
    yield "account with a newline", scenario(f'aws.account="{ACCOUNT}\\n"'), "aws.account is"
    yield "account of 11 digits", scenario(f'aws.account="{ACCOUNT[1:]}"'), "aws.account is"


attempts("scenario", scenarios())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "work")
    made.folder.mkdir()
    yield made
    for gate in made.made:
        gate.close()


def outcome(tried: Try, bench: Bench) -> tuple[Any, ExitCode]:
    """What an attempt gives: the sentence that refuses it, with the exit code, or the thing that was wanted."""
    try:
        return tried(bench), ExitCode.REFUSED
    except BusyhourError as error:
        return error.message, error.exit_code


@pytest.mark.parametrize(("tried", "sentence"), ATTEMPTS)
def test_an_attempt_on_the_gate_is_refused_with_its_sentence(bench: Bench, tried: Try, sentence: str) -> None:
    answer, code = outcome(tried, bench)
    assert code in (ExitCode.REFUSED, ExitCode.BAD_INPUT)
    assert isinstance(answer, str), f"it passed: {answer}"
    assert sentence in answer


def test_there_are_two_hundred_attempts_at_least() -> None:
    assert len({param.id for param in ATTEMPTS}) == len(ATTEMPTS) >= 200


def test_without_an_attempt_everything_passes(bench: Bench) -> None:
    assert isinstance(run_of({})(bench), Clearance)
    premium = {"destinations": ("+19005550100",), "premium": ("+19005550100",)}
    assert isinstance(run_of(premium)(bench), Clearance)
    assert not isinstance(sent()(bench), str)
    assert isinstance(permit(kept)(bench), Permit)
    assert isinstance(record("", "")(bench), Approval)
    assert isinstance(record("", "", PERSONAL, DriveKind.LAMBDA)(bench), Approval)
    assert scenario(f'aws.destinations=["{LISTED} premium"]')(bench).aws.premium == (LISTED,)
