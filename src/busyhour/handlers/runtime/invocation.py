"""One invocation of a handler: event in, response or error document out."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from busyhour.handlers.runtime.context import LambdaContext
from busyhour.handlers.runtime.failures import described, log_text
from busyhour.handlers.runtime.importing import Handler
from busyhour.handlers.runtime.marshalling import marshalled, to_json, unmarshalled


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one invocation.

    `payload` is the response if `ok`, else the error document. `frames` are file and line of the error's
    traceback, outermost first.
    """

    ok: bool
    payload: bytes
    frames: tuple[tuple[str, int], ...] = ()


def invoke(
    handler: Handler,
    payload: bytes,
    request_id: str,
    context: Callable[[], LambdaContext],
    wrap: Callable[[Any], Any] = lambda event: event,
) -> Outcome:
    """Run `handler` on the event in `payload`; an error goes to the function's log as well.

    Args:
        handler: the result of `importing.load`.
        payload: the event as JSON.
        request_id: id for the error document.
        context: creates the context object; its errors are those of the invocation.
        wrap: replaces the event before it is passed to the handler.

    Raises:
        BaseException: anything that ends Lambda's runtime too (`sys.exit`, an error without a text): the
            environment must exit with its `failures.exit_status`.
    """
    try:
        given = context()
        return Outcome(True, marshalled(handler(wrap(unmarshalled(payload)), given)))
    except Exception as error:  # the handler's own code may raise anything
        return failed(error, request_id)


def failed(error: Exception, request_id: str = "") -> Outcome:
    """Return the outcome of an invocation or an import that raised `error`."""
    found = described(error, request_id)
    sys.stdout.write(log_text(found))
    frames = tuple((one.filename, one.lineno or 0) for one in traceback.extract_tb(error.__traceback__))
    return Outcome(False, to_json(found).encode(), frames)
