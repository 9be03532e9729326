"""Messages between the emulator's server and its services: a request, a response, an AWS error."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

JSON = "application/json"
JSON_1_0 = "application/x-amz-json-1.0"
JSON_1_1 = "application/x-amz-json-1.1"


@dataclass(slots=True)
class Request:
    """One HTTP request of an AWS client.

    `service`, `region` and `access_key` are read from the credential scope of the SigV4 signature (or from
    the request's form without one); header names are lower case; `path` is the raw path, not
    decoded.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    service: str
    region: str
    access_key: str
    request_id: str = ""

    @property
    def target(self) -> str:
        """Return the operation in X-Amz-Target (`DynamoDB_20120810.GetItem` -> `GetItem`).

        Empty without the header.
        """
        return self.headers.get("x-amz-target", "").rpartition(".")[2]


@dataclass(slots=True)
class Response:
    """A response; the server adds request id, date and length.

    Status 0 closes the connection without a response.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """An AWS error; each service encodes it in its own protocol's shape."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields
        """Further members of the error's shape: `Reason`, `retryAfterSeconds`, `problems`, ..."""


class Service(Protocol):
    """One AWS service inside the emulator."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its signing names (`connect`, `lambda`, ...)."""

    @property
    def served(self) -> Collection[str]:
        """Names of the operations that it answers, as botocore's model has them."""

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Handle the request. An ApiError that is raised is encoded by `error_response`."""

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` in the shape of this service's protocol."""
