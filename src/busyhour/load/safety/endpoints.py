"""Endpoints that anybody may drive without the safety gate: those of this machine, and busyhour's own emulator."""

from __future__ import annotations

import ipaddress
import json
import socket
import urllib.request
from urllib.parse import urlsplit

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.safety.permit import WAY_OUT

AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".amazonconnect.com", ".awsapps.com")
"""Ends of the names of AWS's endpoints; none of them is ever asked what it is."""

ASK_SECONDS = 5.0


def check(endpoint: str) -> None:
    """Pass an endpoint that stands in for AWS: one on loopback, or one that says that it is busyhour's emulator.

    Raises:
        BusyhourError: it is AWS itself, or nobody knows what it is (exit code 3).
    """
    host = (urlsplit(endpoint).hostname or "").rstrip(".").lower()
    if f".{host}".endswith(AMAZON):
        raise BusyhourError(f"Refused: {endpoint} is AWS itself.", WAY_OUT, ExitCode.REFUSED)
    if not on_loopback(host) and not identity(endpoint):
        raise BusyhourError(
            f"Refused: {endpoint} is neither on this machine nor a busyhour emulator.",
            WAY_OUT,
            ExitCode.REFUSED,
        )


def on_loopback(host: str) -> bool:
    """Whether every address of the host is this machine's loopback."""
    try:
        found = {str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        return bool(found) and all(ipaddress.ip_address(each).is_loopback for each in found)
    except (OSError, ValueError):
        return False


def identity(endpoint: str) -> dict[str, str]:
    """Instance, Region and account of the emulator at `endpoint`, asked of itself; nothing where it does not say."""
    try:
        with urllib.request.urlopen(
            f"{endpoint.rstrip('/')}/_busyhour/health", timeout=ASK_SECONDS
        ) as answer:
            arn = str(json.load(answer)["instance_arn"])
        _, _, _, region, account, resource = arn.split(":", 5)
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # another stand-in for AWS; the first request to it will tell
    return {
        "BUSYHOUR_INSTANCE": resource.rpartition("/")[2],
        "BUSYHOUR_REGION": region,
        "BUSYHOUR_ACCOUNT": account,
    }
