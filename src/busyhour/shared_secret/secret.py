"""A secret that a user hands to both ends of a connection: read from a file or an environment variable, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from busyhour.errors import BusyhourError

SHORTEST = 16
_LONGEST = 4096


def checked(secret: str, where: str, variable: str) -> str:
    """Return the secret without the whitespace around it.

    Args:
        secret: the text. where: file or variable that it comes from. variable: named in the way out.

    Raises:
        BusyhourError: it is shorter than 16 characters, or has characters other than visible ASCII.
    """
    secret = secret.strip()
    if len(secret) < SHORTEST or not all("!" <= character <= "~" for character in secret):
        raise BusyhourError(
            f"{where}: a secret has at least {SHORTEST} visible ASCII characters, without spaces.",
            way_out(variable),
        )
    return secret


def from_file(file: Path, variable: str) -> str:
    """Return the secret that `file` holds.

    Raises:
        BusyhourError: the file cannot be read, or its text is no valid secret.
    """
    try:
        with file.open(encoding="utf-8") as opened:
            return checked(opened.read(_LONGEST), str(file), variable)
    except (OSError, UnicodeDecodeError) as error:
        raise BusyhourError(f"The secret's file {file} cannot be read: {error}.", way_out(variable)) from None


def read(environment: Mapping[str, str], variable: str, file: Path | None = None) -> str | None:
    """Return the secret from `file`, else from the file that VARIABLE_FILE names, else from VARIABLE; None without.

    Raises:
        BusyhourError: as `from_file`.
    """
    named = file or environment.get(f"{variable}_FILE")
    if named:
        return from_file(Path(named), variable)
    given = environment.get(variable, "")
    return checked(given, variable, variable) if given else None


def way_out(variable: str) -> str:
    """Return how a secret is made."""
    return f"Make one: export {variable}=$(openssl rand -hex 16)"
