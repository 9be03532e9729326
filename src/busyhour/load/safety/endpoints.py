"""Endpoints that may be driven without the safety gate: those of this machine, and busyhour's own emulator."""

from __future__ import annotations

import ipaddress
import json
import socket
import urllib.request
from urllib.parse import urlsplit

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.safety.permit import WAY_OUT

AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".amazonconnect.com", ".awsapps.com")
"""Suffixes of the names of AWS's endpoints; these never receive an identification request."""

ASK_SECONDS = 5.0


def check(endpoint: str) -> None:
    """Accept an endpoint that is not AWS: one on loopback, or one that identifies itself as busyhour's emulator.

    Raises:
        BusyhourError: the endpoint is AWS itself, or unknown (exit code 3).
    """
    host = (urlsplit(endpoint).hostname or "").rstrip(".").lower()
    if is_aws(host):
        raise BusyhourError(f"Refused: {endpoint} is AWS itself.", WAY_OUT, ExitCode.REFUSED)
    if not on_loopback(host) and not identity(endpoint):
        raise BusyhourError(
            f"Refused: {endpoint} is neither on this machine nor a busyhour emulator.",
            WAY_OUT,
            ExitCode.REFUSED,
        )


def is_aws(host: str) -> bool:
    """Whether a host is one of AWS's endpoints, by its name."""
    return f".{host.rstrip('.').lower()}".endswith(AMAZON)


def on_loopback(host: str) -> bool:
    """Whether every address of the host is this machine's loopback."""
    try:
        found = {str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        return bool(found) and all(ipaddress.ip_address(each).is_loopback for each in found)
    except (OSError, ValueError):
        return False


def identity(endpoint: str) -> dict[str, str]:
    """Return instance, Region and account of the emulator at `endpoint`, from its own endpoint.

    Empty if it has none.
    """
    try:
        with urllib.request.urlopen(
            f"{endpoint.rstrip('/')}/_busyhour/health", timeout=ASK_SECONDS
        ) as answer:
            arn = str(json.load(answer)["instance_arn"])
        _, _, _, region, account, resource = arn.split(":", 5)
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # another AWS emulator; the first request to it will show
    return {
        "BUSYHOUR_INSTANCE": resource.rpartition("/")[2],
        "BUSYHOUR_REGION": region,
        "BUSYHOUR_ACCOUNT": account,
    }
