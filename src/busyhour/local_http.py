"""HTTP to hosts of one's own: loopback never goes through a proxy, and no redirect is followed.

A request that carries load, or that asks an endpoint for its identity, reaches the host that was named or fails: a redirect
would move it to a host that the user did not name, and a proxy would receive what is meant for this machine.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import time
import urllib.request
from email.message import Message
from typing import IO
from urllib.parse import urlsplit


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


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect unfollowed: urllib then raises its HTTPError."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Return no further request."""


def fetch(url: str, *, timeout: float, limit: int = 64 * 1024 * 1024) -> bytes:
    """Return the body of a GET request: at most `limit` bytes, received within twice `timeout` seconds.

    Follows no redirect.

    Raises:
        OSError: no answer in time, a status other than 2xx (redirects included), or a body beyond `limit`.
        ValueError: not an HTTP URL.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{url!r} is not an HTTP URL")
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
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
