"""The Connect instance that an option names: its ARN, and the account and Region that are read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.quotas.aws.clients import Clients


def check_instance(arn: str | None) -> None:
    from busyhour.errors import BusyhourError

    if arn is not None and not (arn.startswith("arn:") and ":connect:" in arn and "/" in arn):
        raise BusyhourError(
            f"--instance {arn!r} is not the ARN of a Connect instance.",
            "Write arn:aws:connect:REGION:ACCOUNT:instance/ID; `aws connect list-instances` shows it.",
        )


def confirm_instance(arn: str, clients: Clients) -> None:
    """Compare the ARN's account and Region with those that are read.

    Raises:
        BusyhourError: they differ (exit code 3), or STS does not answer (exit code 5).
    """
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.harness.safety.caller import account_confirmed

    region, account = [*arn.split(":"), "", ""][3:5]
    if region != clients.region:
        raise BusyhourError(
            f"Refused: --instance is in {region or '(no Region)'}, the quotas would be read in {clients.region}.",
            f"Give --region {region}." if region else "Write the instance's whole ARN.",
            ExitCode.REFUSED,
        )
    account_confirmed(lambda _: clients.sts, account, "the instance's")
