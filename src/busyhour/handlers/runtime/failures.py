"""Error documents of Lambda: the payload that the caller of a failed invocation receives."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

_OWN = f"{Path(__file__).parent}/"
_SIGNALS = {2: "interrupt", 6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}


class FaultError(Exception):
    """A failure reported by the runtime itself: `kind` such as Runtime.MarshalError, its text and stack."""

    def __init__(self, kind: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.stack = stack or []


def document(kind: str, message: str, **more: Any) -> bytes:
    """Return the payload of a failed invocation as JSON."""
    return json.dumps({"errorType": kind, "errorMessage": message, **more}, ensure_ascii=False).encode()


def described(error: Exception, request_id: str = "") -> dict[str, Any]:
    """Return the error document of an exception from a handler or an import.

    Raises:
        Exception: raised by the error's own `__str__`; it ends Lambda's runtime too.
    """
    if isinstance(error, FaultError):
        kind, message, stack = error.kind, error.message, error.stack
    else:
        kind, message, stack = type(error).__name__, str(error), stack_of(error)
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": stack}


def stack_of(error: BaseException) -> list[str]:
    """Return the traceback, one string per frame, without the runtime's own frames at its start.

    Repeated frames, as in an endless recursion, are one line. If all frames are the runtime's, as those of
    a handler that takes no arguments, they are kept.
    """
    frames = [
        (one.filename, one.lineno, one.name, one.line) for one in traceback.extract_tb(error.__traceback__)
    ]
    theirs = next((number for number, one in enumerate(frames) if not one[0].startswith(_OWN)), 0)
    return traceback.format_list(frames[theirs:])  # type: ignore[arg-type]  # tuples with a line of None are allowed


def log_text(error: dict[str, Any]) -> str:
    """Format the error as the runtime writes it to the function's log, indented by no-break spaces."""
    kind, message = error["errorType"], error["errorMessage"]
    lines = [
        f"[ERROR] {kind}{': ' if kind and message else ''}{message}",
        "Traceback (most recent call last):",
    ]
    for line in "".join(error["stackTrace"]).splitlines():
        text = line.lstrip(" ")
        lines.append("\u00a0" * (len(line) - len(text)) + text)
    return "\n".join(lines) + "\n"


def timed_out(request_id: str, seconds: float) -> bytes:
    """Return the error document of an invocation that was stopped at the function's timeout."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return document("Sandbox.Timedout", message)


def exited(request_id: str, status: int | None) -> bytes:
    """Return the error document of an environment that exited; `status` below 0 is a signal."""
    if not status:
        why = "Runtime exited without providing a reason"
    elif status < 0:
        why = f"Runtime exited with error: signal: {_SIGNALS.get(-status, -status)}"
    else:
        why = f"Runtime exited with error: exit status {status}"
    return document("Runtime.ExitError", f"RequestId: {request_id} Error: {why}")


def exit_status(error: BaseException) -> int:
    """Return the exit status of Python if `error` is not caught."""
    if isinstance(error, KeyboardInterrupt):
        return -2
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1
