"""Which HTTP requests the emulator accepts at all: those of programs, for a host name that it has; not those of web pages.

A page of any site can send requests to loopback from its visitor's browser, and a name that its owner resolves to loopback
(DNS rebinding) makes the emulator part of the page's own site. A browser marks what a page sends: with Origin (every request
but plain GET and HEAD, every WebSocket), with Sec-Fetch-Site (every request to a trustworthy address, loopback included) and
with the name in Host. Programs send the first two only if they are written to. Sources: Fetch standard, section 3.1; Fetch
Metadata Request Headers, section 2; RFC 9110, section 7.2.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.errors import BusyhourError
from busyhour.local_http import is_loopback

PARTICIPANT = "execute-api"
"""Signing name of the service that pages of an allowed origin may use: the customer's side of a chat."""
PARTICIPANT_PATHS = ("/participant/",)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""Content types that a page can send without a preflight request."""
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]/@\s,]+)(:\d{1,5})?")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*")
_EVERY = ("", "0.0.0.0", "::")
_SAME = ("", "none", "same-origin")
_PREFLIGHT_SECONDS = "600"


class RequestGuard:
    """Decides on requests by their headers, before anything else reads them.

    Args:
        hosts: names and addresses that Host may have besides loopback's, without ports.
        origins: origins whose pages may use the participant API, like `https://shop.example`.

    Raises:
        BusyhourError: a host name or an origin is invalid.
    """

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._hosts = {_host_name(host) for host in hosts}
        self._origins = {_origin(origin) for origin in origins}

    def add_host(self, host: str) -> None:
        """Accept `host` in Host: the address that the emulator listens on, unless that is every address."""
        if host not in _EVERY:
            self._hosts.add(_host_name(host))

    def refusal(self, request: Request) -> ApiError | None:
        """Return why the request is refused; None if it is accepted."""
        headers = request.headers
        host = headers.get("host", "")
        if not self._known(host):
            return _refused(
                f"Host {host!r} is neither loopback nor a name that this emulator was given (--allow-host NAME)."
            )
        admitted = self.admits_origin(request)
        if "origin" in headers and not admitted:
            return _refused(
                f"The emulator takes no requests of web pages (Origin {headers['origin']!r}). --allow-origin ORIGIN "
                "admits the pages of an origin to the participant API, and to nothing else."
            )
        site = headers.get("sec-fetch-site", "").strip().lower()
        if site not in _SAME and not admitted:
            return _refused(f"The emulator takes no requests of web pages (Sec-Fetch-Site {site!r}).")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in FORMS and not headers.get("authorization"):
            return _refused(
                f"The emulator takes no {kind} without an Authorization header: a web page can send it. "
                "Sign the request, or send application/json."
            )
        return None

    def admits_origin(self, request: Request) -> bool:
        """Whether the request is of a page whose origin was allowed, and to the participant API."""
        origin = request.headers.get("origin", "")
        return origin.lower() in self._origins and request.path.startswith(PARTICIPANT_PATHS)

    def _known(self, host: str) -> bool:
        found = _HOST.fullmatch(host.strip())
        if found is None:
            return False
        name = found[1].strip("[]").rstrip(".").lower()
        return name == "localhost" or name in self._hosts or is_loopback(name)


def preflight(request: Request) -> Response | None:
    """Return the answer to an allowed origin's preflight request; None for any other request."""
    headers = request.headers
    if request.method != "OPTIONS" or "access-control-request-method" not in headers:
        return None
    answer = {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": headers.get("access-control-request-headers", ""),
        "access-control-max-age": _PREFLIGHT_SECONDS,
    }
    if headers.get("access-control-request-private-network") == "true":
        answer["access-control-allow-private-network"] = "true"
    return Response(204, headers=answer)


def readable(answer: Response | asyncio.Future[Response], origin: str) -> Response | asyncio.Future[Response]:
    """Let pages of `origin` read the answer."""
    if isinstance(answer, Response):
        answer.headers |= {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "x-amzn-requestid, x-amzn-errortype",
            "vary": "Origin",
        }
        return answer

    async def later() -> Response:
        response = await answer
        readable(response, origin)
        return response

    return asyncio.ensure_future(later())


def _host_name(host: str) -> str:
    name = host.strip().strip("[]").rstrip(".").lower()
    if _NAME.fullmatch(name) is None:
        raise BusyhourError(
            f"{host!r} is not a host name or an IP address.",
            "Write it without scheme and port, like ci.example.",
        )
    return name


def _origin(origin: str) -> str:
    try:
        parts = urlsplit(origin.strip().lower())
        usual = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in (None, usual) else f":{parts.port}"
        written = f"{parts.scheme}://{parts.netloc}"
    except (ValueError, KeyError):
        written, port = "", ""
    host = "" if not written else urlsplit(written).hostname or ""
    if not host or origin.strip().lower().rstrip("/") != written or "@" in written or "*" in written:
        raise BusyhourError(
            f"{origin!r} is not an origin.",
            "Write scheme, host and port of the page, like http://localhost:8080.",
        )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _refused(why: str) -> ApiError:
    return ApiError("AccessDeniedException", why, 403)
