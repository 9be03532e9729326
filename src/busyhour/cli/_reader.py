"""The instance that a command line names: its options, and a reader at the account's pace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from busyhour.cli._say import say

if TYPE_CHECKING:
    from busyhour.instance.reading import Reader


def instance_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that name an instance: its parameters `named`, `region` and `endpoint_url`."""
    for option in (
        click.option(
            "--endpoint-url",
            "--emulator",
            "endpoint_url",
            metavar="URL",
            help="Send requests to this endpoint (the emulator) instead of AWS.",
        ),
        click.option("--region", help="AWS Region of the instance; the configured one if not given."),
        click.option("--instance", "named", metavar="ALIAS|ID|ARN", help="The Connect instance."),
    ):
        command = option(command)
    return command


def reader_of(
    named: str | None, region: str | None, endpoint_url: str | None
) -> tuple[Reader, dict[str, str]]:
    """Return the reader of an instance, and its alias, ARN, id and Region.

    Args:
        named: alias, id or ARN; None: the only one.
        region: of the instance; None: the configured one.
        endpoint_url: of the emulator, or another endpoint; None: AWS.

    Raises:
        BusyhourError: the instance cannot be found or reached.
    """
    from busyhour.instance.answers import FromClients
    from busyhour.instance.masking import Mask
    from busyhour.instance.pace import Pace
    from busyhour.instance.pull import find_instance
    from busyhour.instance.reading import Reader
    from busyhour.quotas.aws import clients as aws
    from busyhour.quotas.table import quota_table

    region, client = aws.client_maker(region, endpoint_url, attempts=1)
    pace = Pace(quota_table.load().for_region(region))
    reader = Reader(FromClients(client, Mask()), pace, tell=lambda text: say(text, err=True))
    instance = find_instance(reader, named)
    reader.of(instance)
    return reader, instance
