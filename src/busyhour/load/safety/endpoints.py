"""Endpoints that may be driven without the safety gate: those of this machine, and busyhour's own emulator."""

from __future__ import annotations

import json
import os
import secrets
from urllib.parse import urlsplit

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.safety.permit import WAY_OUT
from busyhour.local_http import fetch, host_of, on_loopback
from busyhour.shared_secret import emulator_token

AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".amazonconnect.com", ".awsapps.com")
"""Suffixes of the names of AWS's endpoints; these never receive an identification request."""

ASK_SECONDS = 5.0
_LARGEST = 64 * 1024


def check(endpoint: str) -> None:
    """Accept an endpoint that is not AWS: one on loopback, or an emulator that proves itself with the user's token.

    Raises:
        BusyhourError: the endpoint is AWS itself, or unknown (exit code 3).
    """
    host = host_of(endpoint)
    if is_aws(host):
        raise BusyhourError(f"Refused: {endpoint} is AWS itself.", WAY_OUT, ExitCode.REFUSED)
    if on_loopback(host):
        return
    token = emulator_token.read(os.environ)
    if token is None:
        raise BusyhourError(
            f"Refused: {endpoint} is not on this machine, and there is no token by which an emulator there could prove "
            "that it is one.",
            f"Give the emulator and this process the same token in {emulator_token.VARIABLE}. {WAY_OUT}",
            ExitCode.REFUSED,
        )
    if not _proven(endpoint, token):
        raise BusyhourError(
            f"Refused: {endpoint} is neither on this machine nor a busyhour emulator with the token in "
            f"{emulator_token.VARIABLE}.",
            WAY_OUT,
            ExitCode.REFUSED,
        )


def is_aws(host: str) -> bool:
    """Whether a host is one of AWS's endpoints, by its name."""
    return f".{host.rstrip('.').lower()}".endswith(AMAZON)


def identity(endpoint: str) -> dict[str, str]:
    """Return instance, Region and account of the emulator at `endpoint`, from its own endpoint.

    Empty if it has none, and beyond loopback if it does not prove itself.
    """
    if on_loopback(host_of(endpoint)):
        return _parts(_health(endpoint).get("instance_arn"))
    token = emulator_token.read(os.environ)
    return _parts(_proven(endpoint, token)) if token is not None else {}


def _proven(endpoint: str, token: str) -> str:
    """Return the instance ARN of an emulator that has the token; empty for any other host."""
    challenge = secrets.token_hex(16)
    found = _health(endpoint, f"?challenge={challenge}")
    arn, host = str(found.get("instance_arn")), _host_header(endpoint)
    proven = emulator_token.proves(token, challenge, host, arn, found.get("proof"))
    return arn if proven and _parts(arn) else ""


def _health(endpoint: str, query: str = "") -> dict[str, object]:
    """Return the answer at the emulator's own endpoint; empty if there is none. Follows no redirect."""
    try:
        found = json.loads(
            fetch(f"{endpoint.rstrip('/')}/_busyhour/health{query}", timeout=ASK_SECONDS, limit=_LARGEST)
        )
    except (OSError, ValueError, RecursionError):
        return {}  # another AWS emulator; the first request to it will show
    return found if isinstance(found, dict) else {}


def _host_header(endpoint: str) -> str:
    """Return the Host header with which `fetch` sends a request."""
    return urlsplit(endpoint).netloc.rpartition("@")[2]


def _parts(arn: object) -> dict[str, str]:
    """Return the environment variables of an instance ARN; empty if it is none."""
    parts = str(arn).split(":", 5)
    if len(parts) != 6:
        return {}
    return {
        "BUSYHOUR_INSTANCE": parts[5].rpartition("/")[2],
        "BUSYHOUR_REGION": parts[3],
        "BUSYHOUR_ACCOUNT": parts[4],
    }
