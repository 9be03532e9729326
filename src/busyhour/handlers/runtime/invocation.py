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
    """What came of one invocation.

    `payload` is the response where `ok`, else the error document. `frames` are file and line of the error's traceback,
    outermost first.
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
        handler: what `importing.load` found.
        payload: the event as JSON.
        request_id: goes into the error document.
        context: makes the context object; its faults are the invocation's.
        wrap: what the handler is given in place of the event.

    Raises:
        BaseException: what ends Lambda's runtime too (`sys.exit`, an error whose text cannot be had): the environment
            must end with `failures.exit_status` of it.
    """
    try:
        given = context()
        return Outcome(True, marshalled(handler(wrap(unmarshalled(payload)), given)))
    except Exception as error:  # the handler's own code: anything may come out of it
        return failed(error, request_id)


def failed(error: Exception, request_id: str = "") -> Outcome:
    """The outcome of an invocation or an import that raised `error`."""
    found = described(error, request_id)
    sys.stdout.write(log_text(found))
    frames = tuple((one.filename, one.lineno or 0) for one in traceback.extract_tb(error.__traceback__))
    return Outcome(False, to_json(found).encode(), frames)
