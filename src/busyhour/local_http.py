"""HTTP to hosts of one's own: loopback never goes through a proxy, and no redirect is followed.

A request that carries load, or that asks an endpoint for its identity, reaches the host that was named or fails: a redirect
would move it to a host that the user did not name, and a proxy would receive what is meant for this machine.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping, MutableMapping
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1", "[::1]")
"""Entries of NO_PROXY, as urllib, botocore and requests compare them with a host."""
_NAMES = ("NO_PROXY", "no_proxy")


def is_loopback(address: str) -> bool:
    """Whether `address` is a literal IP address of this machine's loopback; False for names."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def on_loopback(host: str) -> bool:
    """Whether every address of the host is this machine's loopback; looks a name up."""
    try:
        found = {str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):
        return False
    return bool(found) and all(map(is_loopback, found))


def host_of(url: str) -> str:
    """Return the host of a URL, lower case, without a trailing dot; empty without one."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def proxies_for(url: str | None) -> dict[str, str] | None:
    """Return `proxies` of a botocore Config: none for loopback; None leaves the environment's in force."""
    return {} if url is not None and on_loopback(host_of(url)) else None


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return both spellings of NO_PROXY, with the entries of the environment and those of loopback."""
    given = [part.strip() for name in _NAMES for part in environment.get(name, "").split(",")]
    entries = dict.fromkeys([*(part for part in given if part), *LOOPBACK])
    return dict.fromkeys(_NAMES, "*" if "*" in entries else ",".join(entries))


def bypass_proxy(environment: MutableMapping[str, str]) -> None:
    """Exempt loopback from the proxies of a process and of all that it starts."""
    environment.update(without_proxy(environment))


def fetch(url: str, *, timeout: float, limit: int = 64 * 1024 * 1024) -> bytes:
    """Return the body of a GET request: at most `limit` bytes, received within twice `timeout` seconds.

    Follows no redirect.

    Raises:
        OSError: no answer in time, a status other than 2xx (redirects included), or a body beyond `limit`.
        ValueError: not an HTTP URL.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{url!r} is not an HTTP URL")
    import http.client
    import urllib.request

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        """Leaves a redirect unfollowed: urllib then raises its HTTPError."""

        def redirect_request(self, *_: object) -> None:
            """Return no further request."""

    handlers: list[urllib.request.BaseHandler] = [NoRedirect()]
    if on_loopback(host_of(url)):
        handlers.append(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 2 * timeout
    body = b""
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=timeout) as answer:
            while part := answer.read1(65536):
                body += part
                if len(body) > limit or time.monotonic() > end:
                    raise OSError(f"more than {limit:,} bytes, or than {2 * timeout:g} s for them")
    except http.client.HTTPException as error:
        raise OSError(f"not HTTP: {error!r}") from None
    return body
