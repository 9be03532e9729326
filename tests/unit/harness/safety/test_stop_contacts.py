"""`busyhour stop`: every contact of a killed run's journal is asked to stop, within the API's rate, once."""

import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from click.testing import CliRunner

from busyhour.cli.stop import command
from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.safety.stop_contacts import TARGET_FILE, TRIES, Swept, going_on, sweep, target_of
from busyhour.harness.target import Target
from busyhour.load.outcomes.clean_up import AWS_LONGEST_SECONDS, AWS_SECONDS, SECONDS, seconds_for
from busyhour.results import journal, store

TARGET = Target(
    "aws", None, "us-east-1", "123456789012", "i-1", "arn:aws:connect:us-east-1:123456789012:instance/i-1"
)


class Connect:
    """Answers StopContact with an error code by contact, several in turn, or nothing; SearchContacts with `shown`."""

    def __init__(self, **codes: list[str]) -> None:
        self.codes = codes
        self.shown: list[dict[str, Any]] = []
        self.search_code = ""
        self.asked: list[str] = []
        self.account = TARGET.account

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.account, "Arn": f"arn:aws:iam::{self.account}:user/u"}

    def describe_instance(self, *, InstanceId: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        return {"Instance": {"Arn": f"{TARGET.instance_arn.rpartition('/')[0]}/{InstanceId}"}}

    def search_contacts(self, **arguments: Any) -> dict[str, Any]:
        text = arguments["SearchCriteria"]["Name"]["SearchText"][0]
        if self.search_code:
            raise ClientError({"Error": {"Code": self.search_code, "Message": "no"}}, "SearchContacts")
        # A search that is less exact than its words must not end another contact.
        return {"Contacts": [contact for contact in self.shown if text in contact["Name"]]}

    def stop_contact(self, *, InstanceId: str, ContactId: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.asked.append(ContactId)
        assert InstanceId == "i-1"
        codes = self.codes.get(ContactId, [])
        code = codes.pop(0) if codes else ""
        if code == "unreachable":
            raise EndpointConnectionError(endpoint_url="https://connect")
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "StopContact")
        return {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store.write_json(tmp_path / TARGET_FILE, TARGET.as_json())
    contacts = journal.Journal(journal.contacts_file(tmp_path, 0))
    for each in ("a", "b", "c"):
        contacts.write(each)
    contacts.close()
    return tmp_path


def run(folder: Path, client: Connect, slept: list[float] | None = None) -> Swept:
    slept = [] if slept is None else slept
    return sweep(client, "i-1", journal.live(folder) or [], folder, rate=8.0, sleep=slept.append)


def test_every_contact_is_stopped_and_those_that_are_gone_are_told_apart(folder: Path) -> None:
    slept: list[float] = []
    done = run(folder, Connect(b=["ContactNotFoundException"]), slept)
    assert (done.stopped, done.gone, done.failed) == (["c", "a"], ["b"], {})
    assert slept == [0.125] * 3


def test_doing_it_again_does_nothing(folder: Path) -> None:
    run(folder, Connect())
    again = Connect()
    run(folder, again)
    assert again.asked == []


def test_what_failed_is_asked_again_the_next_time_and_nothing_else(folder: Path) -> None:
    done = run(folder, Connect(b=["AccessDeniedException"]))
    assert list(done.failed) == ["b"]
    again = Connect()
    assert run(folder, again).stopped == ["b"]


def test_a_throttle_is_tried_again_at_half_the_rate(folder: Path) -> None:
    slept: list[float] = []
    done = run(folder, Connect(c=["TooManyRequestsException"]), slept)
    assert done.stopped == ["c", "b", "a"]
    assert slept == [0.125, 0.25, 0.25, 0.25]


def test_a_service_that_only_throttles_is_given_up(folder: Path) -> None:
    client = Connect(c=["ThrottlingException"] * 99)
    assert list(run(folder, client).failed) == ["c"]
    assert client.asked.count("c") == TRIES


def test_an_unreachable_service_is_a_failure_and_no_traceback(folder: Path) -> None:
    done = run(folder, Connect(a=["unreachable"], b=["unreachable"], c=["unreachable"]))
    assert list(done.failed) == ["c", "b", "a"]
    assert "https://connect" in done.failed["a"]


def test_the_target_is_what_the_run_wrote_down(folder: Path, tmp_path: Path) -> None:
    assert target_of(folder) == TARGET
    (folder / TARGET_FILE).unlink()
    with pytest.raises(BusyhourError, match=r"neither target\.json nor run\.json"):
        target_of(folder)
    with pytest.raises(BusyhourError, match="is not a folder"):
        target_of(tmp_path / "none")


def test_a_run_that_still_writes_is_going_on(folder: Path) -> None:
    assert not going_on(folder)
    path = folder / store.PROGRESS_FILE
    path.write_text("{}\n")
    os.utime(path, (1000.0, 1000.0))
    assert going_on(folder, lambda: 1003.0)
    assert not going_on(folder, lambda: 1010.0)


def test_against_aws_nothing_is_called_without_live(folder: Path) -> None:
    result = CliRunner().invoke(command, [str(folder)])
    assert result.exit_code == 0
    assert "3 contacts may be live in account 123456789012" in result.output
    assert "Give --live" in result.output
    assert journal.live(folder) == ["c", "b", "a"]


def test_live_stops_them_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Connect(a=["ContactNotFoundException"])
    monkeypatch.setattr(Target, "client", lambda self, service: client)
    monkeypatch.setattr("busyhour.harness.safety.stop_contacts.time.sleep", lambda seconds: None)
    result = CliRunner().invoke(command, [str(folder), "--live"])
    assert result.exit_code == 0, result.output
    assert "2 stopped, 1 had ended already, 0 failed." in result.output
    assert (
        "every contact of the journal is known to have ended"
        in CliRunner().invoke(command, [str(folder)]).output
    )


def test_contacts_that_cannot_be_stopped_end_with_1_and_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "client", lambda self, service: Connect(b=["AccessDeniedException"]))
    result = CliRunner().invoke(command, [str(folder), "--live"])
    assert isinstance(result.exception, BusyhourError)
    assert result.exception.exit_code is ExitCode.DOES_NOT_HOLD
    assert "1 contacts could not be stopped" in result.exception.message
    assert "b: " in result.output


def test_a_run_without_a_journal_says_why(folder: Path) -> None:
    journal.contacts_file(folder, 0).unlink()
    assert "placed no call" in CliRunner().invoke(command, [str(folder)]).output


@pytest.mark.parametrize(
    ("live", "workers", "aws", "seconds"),
    [
        pytest.param(1000.0, 1, False, SECONDS, id="the emulator's calls cost nothing"),
        pytest.param(0.0, 1, True, AWS_SECONDS, id="few real calls"),
        pytest.param(
            400.0, 1, True, 75.0, id="as many seconds as StopContact's rate needs, and half as many more"
        ),
        pytest.param(200.0, 2, True, 75.0, id="two workers share that rate"),
        pytest.param(1e6, 1, True, AWS_LONGEST_SECONDS, id="but not without limit"),
    ],
)
def test_ending_calls_takes_as_long_as_the_rate_of_stopcontact_asks_for(
    live: float, workers: int, aws: bool, seconds: float
) -> None:
    assert seconds_for(live, workers, aws=aws) == seconds


def test_with_another_accounts_credentials_no_contact_counts_as_ended(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Connect()
    other.account = "222222222222"
    monkeypatch.setattr(Target, "client", lambda self, service: other)
    result = CliRunner().invoke(command, [str(folder), "--live"])
    assert isinstance(result.exception, BusyhourError)
    assert result.exception.exit_code is ExitCode.REFUSED
    assert other.asked == []
    assert len(journal.live(folder) or []) == 3


@pytest.fixture
def in_flight(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """The run was killed while the request with token-2 was on its way."""
    journal.requests_file(folder, 0).write_text("token-1\ntoken-2\n")
    journal.answered_file(folder, 0).write_text("token-1\n")
    client = Connect()
    monkeypatch.setattr(Target, "client", lambda self, service: client)
    monkeypatch.setattr("busyhour.harness.safety.stop_contacts.time.sleep", lambda seconds: None)
    return client


@pytest.mark.parametrize("code", ["", "AccessDeniedException"])
def test_a_request_in_flight_at_a_kill_whose_contact_is_not_found_is_named_and_ends_with_4(
    folder: Path, in_flight: Connect, code: str
) -> None:
    in_flight.search_code = code
    in_flight.shown = [{"Id": "other", "Name": "token-22"}, {"Id": "other", "Name": "token-1"}]
    result = CliRunner().invoke(command, [str(folder), "--live"])
    assert "3 stopped" in result.output
    assert "other" not in in_flight.asked
    assert "ClientToken token-2" in result.output
    assert "token-1" not in result.output
    assert code in result.output
    assert isinstance(result.exception, BusyhourError)
    assert result.exception.exit_code is ExitCode.INVALID_RUN
    assert "whether these contacts are live" in result.exception.message


def test_the_contact_of_a_request_in_flight_is_found_by_its_name_and_stopped_once(
    folder: Path, in_flight: Connect
) -> None:
    in_flight.shown = [{"Id": "d", "Name": "token-2"}]
    result = CliRunner().invoke(command, [str(folder), "--live"])
    assert result.exit_code == 0, result.output
    assert "4 stopped" in result.output
    assert in_flight.asked.count("d") == 1
    again = CliRunner().invoke(command, [str(folder), "--live"])
    assert (again.exit_code, in_flight.asked.count("d")) == (0, 1)
    assert "Nothing to do" in again.output


def test_a_found_contact_that_has_ended_is_not_asked_to_stop(folder: Path, in_flight: Connect) -> None:
    in_flight.shown = [{"Id": "d", "Name": "token-2", "DisconnectTimestamp": "2026-12-01"}]
    result = CliRunner().invoke(command, [str(folder), "--live"])
    assert result.exit_code == 0, result.output
    assert "d" not in in_flight.asked


def test_without_live_a_request_in_flight_is_told_and_not_searched(folder: Path, in_flight: Connect) -> None:
    in_flight.search_code = "never asked"
    result = CliRunner().invoke(command, [str(folder)])
    assert result.exit_code == 0
    assert "1 requests to start a contact" in result.output
    journal.contacts_file(folder, 0).unlink()
    alone = CliRunner().invoke(command, [str(folder)])
    assert isinstance(alone.exception, BusyhourError)
    assert alone.exception.exit_code is ExitCode.INVALID_RUN
