"""The token that an emulator beyond loopback shares with its clients: it signs requests and proves who answers.

The user gives the same token to the emulator and to its clients (BUSYHOUR_EMULATOR_TOKEN, or a file). It is never sent.
As the secret key of the access key `busyhour` it signs requests (Signature Version 4), so every AWS client can use it. The
emulator proves itself by an HMAC over the client's challenge, the host that the client named and the instance: a host that
passes the challenge on to a real emulator names itself and is refused there, since that is not one of its names.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from busyhour.errors import BusyhourError

VARIABLE = "BUSYHOUR_EMULATOR_TOKEN"
ACCESS_KEY = "busyhour"
"""Access key whose secret key is the token."""
SHORTEST = 16
_MAKE_ONE = f"Make one: export {VARIABLE}=$(openssl rand -hex 16)"


def checked(token: str, where: str) -> str:
    """Return the token without the whitespace around it.

    Raises:
        BusyhourError: it is shorter than 16 characters, or has characters other than visible ASCII.
    """
    token = token.strip()
    if len(token) < SHORTEST or not all("!" <= character <= "~" for character in token):
        raise BusyhourError(
            f"{where}: a token has at least {SHORTEST} visible ASCII characters, without spaces.", _MAKE_ONE
        )
    return token


def read(environment: Mapping[str, str], file: Path | None = None) -> str | None:
    """Return the token from `file`, else from the environment; None if neither has one.

    Raises:
        BusyhourError: the file cannot be read, or the token is too short.
    """
    if file is not None:
        try:
            with file.open(encoding="utf-8") as opened:
                return checked(opened.read(4096), str(file))
        except (OSError, UnicodeDecodeError) as error:
            raise BusyhourError(f"The token file {file} cannot be read: {error}.", _MAKE_ONE) from None
    given = environment.get(VARIABLE, "")
    return checked(given, VARIABLE) if given else None


def keys(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return access key and secret key for requests to an emulator: those of the token, or any where there is none.

    Raises:
        BusyhourError: the token in the environment is too short.
    """
    token = read(environment)
    return (ACCESS_KEY, token) if token is not None else ("emulator", "emulator")


def proof(token: str, challenge: str, host: str, instance_arn: str) -> str:
    """Return the answer to a challenge: hexadecimal HMAC-SHA256 with the token as key.

    Args:
        token: the shared token. challenge: random text of the client. host: name and port as in the Host header.
        instance_arn: the instance that answers.
    """
    text = "\n".join(("busyhour emulator", challenge, host.lower(), instance_arn))
    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()


def proves(token: str, challenge: str, host: str, instance_arn: str, answer: object) -> bool:
    """Whether `answer` is the proof that belongs to the challenge."""
    expected = proof(token, challenge, host, instance_arn).encode()
    return isinstance(answer, str) and hmac.compare_digest(expected, answer.encode("utf-8", "replace"))
