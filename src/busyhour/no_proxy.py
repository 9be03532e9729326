"""Loopback never goes through a proxy: NO_PROXY of this process and of all that it starts.

With HTTP_PROXY and without NO_PROXY every HTTP client sends requests for this machine to the proxy.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1", "[::1]")
"""Entries of NO_PROXY, as urllib, botocore and requests compare them with a host."""
_NAMES = ("NO_PROXY", "no_proxy")


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return both spellings of NO_PROXY, with the entries of the environment and those of loopback."""
    given = [part.strip() for name in _NAMES for part in environment.get(name, "").split(",")]
    entries = dict.fromkeys([*(part for part in given if part), *LOOPBACK])
    return dict.fromkeys(_NAMES, "*" if "*" in entries else ",".join(entries))


def bypass_proxy(environment: MutableMapping[str, str]) -> None:
    """Exempt loopback from the proxies of a process and of all that it starts."""
    environment.update(without_proxy(environment))
