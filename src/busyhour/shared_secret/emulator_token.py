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

from busyhour.shared_secret import secret as shared_secret

VARIABLE = "BUSYHOUR_EMULATOR_TOKEN"
ACCESS_KEY = "busyhour"
"""Access key whose secret key is the token."""


def read(environment: Mapping[str, str], file: Path | None = None) -> str | None:
    """Return the token from `file`, else from the environment (also BUSYHOUR_EMULATOR_TOKEN_FILE); None without.

    Raises:
        BusyhourError: the file cannot be read, or the token is too short.
    """
    return shared_secret.read(environment, VARIABLE, file)


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
