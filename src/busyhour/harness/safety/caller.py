"""Whose credentials: the account that STS names, the Region and the instance, compared with what a run is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.target import Target
from busyhour.quotas.aws.calls import account_unknown

MakeClient = Callable[[str], Any]

_WAY_OUT = "Use the credentials of that account (AWS_PROFILE), or correct [aws] in the scenario."


def confirmed(target: Target) -> Target:
    """Return the target with the caller that STS named, after it was compared with the scenario.

    Two requests, GetCallerIdentity and DescribeInstance; nothing else is read or driven before.

    Raises:
        BusyhourError: another account or Region, or no such instance (exit code 3); AWS cannot be reached, or there are
            no credentials (exit code 5).
    """
    if target.kind != "aws":
        return target
    arn = account_confirmed(target.client, target.account)
    _instance_confirmed(target)
    return replace(target, caller=arn)


def account_confirmed(client: MakeClient, account: str, whose: str = "the scenario's") -> str:
    """Return the caller's ARN, after its account was compared with `account`.

    Raises:
        BusyhourError: another account (exit code 3), or STS does not answer (exit code 5).
    """
    answer = _answer("STS GetCallerIdentity", lambda: client("sts").get_caller_identity())
    found, arn = str(answer.get("Account", "")), str(answer.get("Arn", ""))
    if found != account:
        raise _refused(f"the credentials are of account {found or '(none)'} ({arn}), {whose} is {account}")
    return arn


def _instance_confirmed(target: Target) -> None:
    from botocore.exceptions import ClientError

    connect = target.client("connect")
    try:
        answer = _answer(
            "Connect DescribeInstance", lambda: connect.describe_instance(InstanceId=target.instance_id)
        )
    except BusyhourError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError):
            code = cause.response.get("Error", {}).get("Code", "")
            raise _refused(
                f"instance {target.instance_id} in {target.region} is not confirmed: DescribeInstance returned {code}"
            ) from None
        raise
    arn = str(answer.get("Instance", {}).get("Arn", ""))
    if arn != target.instance_arn:
        raise _refused(f"the instance is {arn or '(none)'}, the scenario's is {target.instance_arn}")


def _answer(what: str, ask: Callable[[], Any]) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        raise account_unknown(what, error) from error


def _refused(why: str) -> BusyhourError:
    return BusyhourError(f"Refused: {why}.", _WAY_OUT, ExitCode.REFUSED)
