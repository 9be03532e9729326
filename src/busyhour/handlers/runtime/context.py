"""The context object: second argument of a Python handler."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from busyhour.handlers.runtime.failures import FaultError

_TRACE_FIELDS = ("traceparent", "tracestate", "baggage")
"""Members of a client context's `w3c` that `LambdaContext.w3c` returns if they are strings."""


class _Members:
    """An object with the members of `__slots__`, None if the JSON object lacks them."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, given: dict[str, Any]) -> None:
        for name in self.__slots__:
            setattr(self, name, given.get(name))

    def __repr__(self) -> str:
        members = ",".join(f"{name}={getattr(self, name)}" for name in self.__slots__)
        return f"{type(self).__name__}([{members}])"


class CognitoIdentity(_Members):
    """Identity of a mobile application's user; never None itself."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Members):
    """The mobile application of a client context."""

    __slots__ = (  # noqa: RUF023  # the order of AWS's representation
        "installation_id",
        "app_title",
        "app_version_name",
        "app_version_code",
        "app_package_name",
    )


class ClientContext(_Members):
    """ClientContext that the caller of Invoke passed."""

    __slots__ = ("custom", "env", "client")  # noqa: RUF023  # the order of AWS's representation

    client: Any


class LambdaContext:
    """The second argument of a Python handler. Names and sizes come from the environment.

    Args:
        request_id: id of the invocation.
        arn: invoked ARN, with its qualifier.
        seconds: time until the function's timeout.
        client_context: JSON from the caller; empty: none.

    Raises:
        FaultError: the client context is not JSON.
    """

    def __init__(self, request_id: str, arn: str, seconds: float, client_context: str = "") -> None:
        given = os.environ.get
        self.aws_request_id = request_id
        self.log_group_name = given("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = given("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = given("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = given("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = given("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = arn
        self.tenant_id = None
        self.identity = CognitoIdentity({})
        self._deadline = time.monotonic() + seconds
        self._trace: dict[str, str] = {}
        self.client_context: ClientContext | None = None
        document = _parsed(client_context) if client_context else None
        if document is not None:
            trace = document.pop("w3c", None)
            if isinstance(trace, dict):
                self._trace = {key: trace[key] for key in _TRACE_FIELDS if isinstance(trace.get(key), str)}
            self.client_context = ClientContext(document)
            if self.client_context.client is not None:
                self.client_context.client = Client(self.client_context.client)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's timeout, never negative."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def w3c(self) -> dict[str, str]:
        """Return the W3C trace context of the client context."""
        return dict(self._trace)

    def log(self, message: object) -> None:
        """Write to the function's log, without adding a line end."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        shown = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return f"LambdaContext([{','.join(f'{name}={getattr(self, name)}' for name in shown)}])"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FaultError(
            "Runtime.LambdaContextUnmarshalError", f"Unable to parse Client Context JSON: {error}"
        ) from None
