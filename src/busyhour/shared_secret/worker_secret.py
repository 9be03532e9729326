"""The secret of a run with workers on other machines, and the address at which its master listens."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from busyhour.errors import BusyhourError
from busyhour.shared_secret import secret as shared_secret

VARIABLE = "BUSYHOUR_WORKER_SECRET"
PORT = 5557
_WAY_OUT = (
    "Give an IP address of this machine, with or without a port: 10.0.0.5, 10.0.0.5:5557, [fd00::5]:5557."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the master listens; loopback unless another address was given."""

    host: str = "127.0.0.1"
    port: int = PORT


LOOPBACK = Address()


def required(environment: Mapping[str, str]) -> str:
    """Return the secret that master and workers share.

    Raises:
        BusyhourError: there is none, its file cannot be read, or it is too short.
    """
    secret = shared_secret.read(environment, VARIABLE)
    if secret is None:
        raise BusyhourError(
            f"Workers on other machines need a secret: {VARIABLE} and {VARIABLE}_FILE are not set.",
            f"{shared_secret.way_out(VARIABLE)}, and give the master and each worker the same one.",
        )
    return secret


def listening(remote: int, bind: str | None, environment: Mapping[str, str]) -> Address:
    """Return where a master waits for `remote` workers on other machines.

    Raises:
        BusyhourError: there is no secret, the address is invalid, or no such worker was asked for.
    """
    if not remote and bind is not None:
        raise BusyhourError("--bind is for workers on other machines.", "Give --remote-workers N too.")
    if remote:
        required(environment)
    return address(bind)


def address(text: str | None) -> Address:
    """Read ADDRESS or ADDRESS:PORT; None is loopback.

    Raises:
        BusyhourError: it is no IP address, or the port is not from 1 to 65535.
    """
    if text is None:
        return LOOPBACK
    host, port = text.strip(), str(PORT)
    if host.startswith("["):
        host, end, rest = host[1:].partition("]")
        port = rest.removeprefix(":") if rest else port if end else ""
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        raise BusyhourError(f"--bind {text!r}: {host!r} is not an IP address.", _WAY_OUT) from None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise BusyhourError(f"--bind {text!r}: the port must be from 1 to 65535.", _WAY_OUT)
    return Address(str(parsed), int(port))
