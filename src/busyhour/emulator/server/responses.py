"""Responses as bytes: status line, date, headers, body; and the refusals of input that is not a request."""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus

from busyhour.emulator.messages import Response

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_CODES = {
    400: "BadRequestException",
    408: "RequestTimeoutException",
    413: "RequestEntityTooLargeException",
    431: "RequestHeaderSectionTooLargeException",
}


class Stamp:
    """The lines with which every response in one second begins: status line by status, date."""

    def __init__(self) -> None:
        self._second = 0
        self._heads: dict[int, bytes] = {}

    def head(self, status: int) -> bytes:
        """Return status line and date."""
        now = int(time.time())
        if now != self._second:
            self._second = now
            self._heads.clear()
        head = self._heads.get(status)
        if head is None:
            reason = _REASONS.get(status, "Unknown")
            text = f"HTTP/1.1 {status} {reason}\r\ndate: {formatdate(now, usegmt=True)}\r\n"
            head = self._heads[status] = text.encode("ascii")
        return head


def rendered(stamp: Stamp, response: Response, request_id: str, *, keep: bool, with_body: bool) -> bytes:
    """Serialise the whole response."""
    text = (
        f"content-type: {response.content_type}\r\ncontent-length: {len(response.body)}\r\n"
        f"x-amzn-requestid: {request_id}\r\n"
    )
    for name, value in response.headers.items():
        if "\n" not in value and "\r" not in value:
            text += f"{name.lower()}: {value}\r\n"
    text += "\r\n" if keep else "connection: close\r\n\r\n"
    head = stamp.head(response.status) + text.encode("latin-1", "replace")
    return head + response.body if with_body else head


def refusal_of(status: int) -> Response:
    """Return the response to input that is not served: too large, too slow, not HTTP."""
    code = _CODES.get(status, "InternalFailure")
    return Response(status, b'{"message":"%s"}' % code.encode(), headers={"x-amzn-errortype": code})
