"""The account of the credentials, the Region and the instance are compared before a live run reads or drives anything."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness import run as harness_run
from busyhour.harness.progress import Silent
from busyhour.harness.run import Options, execute
from busyhour.harness.safety import gate
from busyhour.harness.safety.caller import account_confirmed, confirmed
from busyhour.harness.target import Target, aws
from busyhour.load.safety.permit import plan_of
from busyhour.project import Project
from busyhour.scenarios.model import Scenario

ACCOUNT, INSTANCE = "123456789012", "11111111-2222-3333-4444-555555555555"
ARN = f"arn:aws:connect:us-east-1:{ACCOUNT}:instance/{INSTANCE}"


class Account:
    """Answers GetCallerIdentity and DescribeInstance, and records what it was asked."""

    def __init__(self, account: str = ACCOUNT, instance: str = ARN, error: Exception | None = None) -> None:
        self.account, self.instance, self.error = account, instance, error
        self.asked: list[str] = []

    def get_caller_identity(self) -> dict[str, str]:
        self.asked.append("sts")
        if isinstance(self.error, NoCredentialsError):
            raise self.error
        return {"Account": self.account, "Arn": f"arn:aws:iam::{self.account}:user/jo"}

    def describe_instance(self, **_: Any) -> dict[str, Any]:
        self.asked.append("instance")
        if self.error is not None:
            raise self.error
        return {"Instance": {"Arn": self.instance}}


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    def answer(account: Account) -> Account:
        monkeypatch.setattr(Target, "client", lambda self, service: account)
        return account

    return answer


def test_what_sts_said_is_kept(use: Any, scenario: Scenario) -> None:
    account = use(Account())
    assert confirmed(aws(scenario)).caller == f"arn:aws:iam::{ACCOUNT}:user/jo"
    assert account.asked == ["sts", "instance"]


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeInstance")


@pytest.mark.parametrize(
    ("account", "why", "code"),
    [
        (Account("222222222222"), "are of account 222222222222 (arn:aws:iam::222222222222:user/jo), the", 3),
        (Account(""), "are of account (none)", 3),
        (
            Account(instance=ARN.replace("us-east-1", "eu-west-2")),
            "the instance is arn:aws:connect:eu-west-2",
            3,
        ),
        (
            Account(instance=ARN.replace(ACCOUNT, "2" * 12)),
            "the instance is arn:aws:connect:us-east-1:2222",
            3,
        ),
        (Account(instance=""), "the instance is (none)", 3),
        (Account(error=client_error("ResourceNotFoundException")), "returned ResourceNotFoundException", 3),
        (Account(error=client_error("AccessDeniedException")), "returned AccessDeniedException", 3),
        (Account(error=NoCredentialsError()), "STS GetCallerIdentity failed", 5),
    ],
)
def test_anything_else_is_refused(
    use: Any, scenario: Scenario, account: Account, why: str, code: int
) -> None:
    use(account)
    with pytest.raises(BusyhourError) as caught:
        confirmed(aws(scenario))
    assert why in caught.value.message
    assert caught.value.exit_code == ExitCode(code)


def test_an_emulator_has_no_caller_to_compare() -> None:
    target = Target("emulator", "http://127.0.0.1:1", "us-east-1", ACCOUNT, INSTANCE, ARN)
    assert confirmed(target) is target


def test_an_account_alone_is_compared_too() -> None:
    assert account_confirmed(lambda _: Account(), ACCOUNT).endswith(":user/jo")
    with pytest.raises(BusyhourError, match="are of account 222222222222"):
        account_confirmed(lambda _: Account("222222222222"), ACCOUNT)


def test_a_run_reads_and_drives_nothing_in_another_account(
    use: Any, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = use(Account("222222222222"))
    monkeypatch.setattr(harness_run.preflight, "check_flows", lambda *_, **__: [])
    monkeypatch.setattr(harness_run.preflight, "branches", lambda *_: ([], []))
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    clearance = gate.Clearance(plan_of(scenario), now + timedelta(hours=1))
    with pytest.raises(BusyhourError, match="are of account 222222222222") as caught:
        execute(Options(scenario, Project.at(tmp_path), "aws", clearance=clearance), tmp_path, Silent())
    assert caught.value.exit_code is ExitCode.REFUSED
    assert account.asked == ["sts"]
