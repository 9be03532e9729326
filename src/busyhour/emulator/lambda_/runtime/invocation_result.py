"""Result of an invocation in Lambda's formats: the response, the error document, the log."""

from __future__ import annotations

import json
from dataclasses import dataclass

from busyhour.emulator.lambda_.runtime.admission import Throttle
from busyhour.emulator.lambda_.runtime.environment import Answer
from busyhour.handlers.runtime import failures

MIB = 1024 * 1024
RESPONSE_LIMIT_MESSAGE = "Response payload size exceeded maximum allowed payload size ({limit} bytes)."
LOG_TAIL = 4096
"""Bytes of log that `LogType: Tail` returns (API reference of Invoke)."""


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """Outcome of one attempt.

    `status` is the HTTP status of Invoke: 200 also for a function that failed, 429 throttled, 4xx/5xx for
    requests that never reached the function. `function_error` is `Unhandled` or None. `duration` is seconds in
    the handler. `throttled_reason` is the `Reason` of a TooManyRequestsException.
    """

    status: int
    payload: bytes
    function_error: str | None = None
    duration: float = 0.0
    throttled_reason: str | None = None
    request_id: str = ""
    log: bytes = b""
    init_seconds: float = 0.0
    retry_after: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the function responded."""
        return self.status == 200 and self.function_error is None


def throttled(throttle: Throttle, request_id: str) -> InvocationResult:
    """Make the outcome of a rejected invocation: the members of a TooManyRequestsException."""
    body = {"Reason": throttle.reason, "Type": "User", "message": "Rate Exceeded."}
    return InvocationResult(
        429,
        json.dumps(body).encode(),
        throttled_reason=throttle.reason,
        request_id=request_id,
        retry_after=throttle.retry_after,
    )


def tail(log: bytes) -> bytes:
    """Return the part of a log that `LogType: Tail` returns."""
    return log[-LOG_TAIL:]


def failure(answer: Answer, request_id: str, timeout: float) -> bytes:
    """Return the error document of an environment that was stopped or exited."""
    if answer.timed_out:
        return failures.timed_out(request_id, timeout)
    return failures.exited(request_id, answer.exit_status)


def full_log(
    result: InvocationResult, memory_mb: int, peak_kib: int, note: str = "", version: str = "$LATEST"
) -> bytes:
    """Return the function's log between the lines that Lambda itself writes."""
    request_id, milliseconds = result.request_id, result.duration * 1000
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
        f"Billed Duration: {int(milliseconds + 0.999999)} ms\tMemory Size: {memory_mb} MB\t"
        f"Max Memory Used: {peak_kib // 1024} MB\t"
    )
    if result.init_seconds:
        report += f"Init Duration: {result.init_seconds * 1000:.2f} ms\t"
    head = f"START RequestId: {request_id} Version: {version}\n".encode()
    body = result.log if not result.log or result.log.endswith(b"\n") else result.log + b"\n"
    return head + body + f"{note}END RequestId: {request_id}\n{report}\n".encode()
