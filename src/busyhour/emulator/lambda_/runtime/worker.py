"""The program inside an execution environment: imports a handler once, then runs one event after the other.

Started in an interpreter of its own with nothing but the standard library, `busyhour.handlers.runtime` and `busyhour.lifeline`, so
that an environment is cheap and the handler runs in an interpreter as empty as Lambda's. Exchanges frames (see
`FRAME`) over an inherited socket; standard output and error are an inherited file that the parent reads as the
function's log. When the parent exits, even abruptly, the socket or the lifeline closes and the process
ends.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import struct
import time
from pathlib import Path
from typing import Any

from busyhour import lifeline
from busyhour.handlers.runtime import logs
from busyhour.handlers.runtime.context import LambdaContext
from busyhour.handlers.runtime.importing import load
from busyhour.handlers.runtime.invocation import failed, invoke
from busyhour.handlers.runtime.variables import trace_id

FRAME = struct.Struct("<II")
"""A frame: length of the JSON header, length of the payload, then both."""
OVERTIME_SECONDS = 10.0
"""Seconds of processor time beyond the function's timeout; the emulator ends it at the timeout, if it is alive."""


def _peak_kib() -> int:
    """Return the peak memory of this process. Linux counts `ru_maxrss` from before the program was started."""
    try:
        with Path("/proc/self/status").open(encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _read(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            os._exit(0)  # the parent has ended
        data += part
    return bytes(data)


def _send(connection: socket.socket, header: dict[str, Any], payload: bytes) -> None:
    head = json.dumps(header).encode()
    connection.sendall(FRAME.pack(len(head), len(payload)) + head + payload)


def main(arguments: list[str]) -> None:
    """Serve invocations until the parent closes the socket: SOCKET_FD ROOT MODULE.NAME."""
    connection = socket.socket(fileno=int(arguments[0]))
    lifeline.follow(lifeline.end_self)
    log = logs.set_up()
    try:
        handler = load(arguments[2], Path(arguments[1]))
    except Exception as error:  # the handler's own code may raise anything
        _send(connection, {"ready": False}, failed(error).payload)
        return
    _send(connection, {"ready": True}, b"")
    while True:
        head_size, size = FRAME.unpack(_read(connection, FRAME.size))
        header = json.loads(_read(connection, head_size))
        payload = _read(connection, size)
        request_id = log.request_id = header["request_id"]
        os.environ["_X_AMZN_TRACE_ID"] = trace_id(request_id)
        lifeline.limit_processor_time(header["timeout"] + OVERTIME_SECONDS)
        started = time.monotonic()
        ended = invoke(handler, payload, request_id, lambda given=header: _context(given))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        seconds = time.monotonic() - started
        lifeline.limit_processor_time(0.0)
        _send(connection, {"ok": ended.ok, "seconds": seconds, "peak_kib": _peak_kib()}, ended.payload)


def _context(header: dict[str, Any]) -> LambdaContext:
    return LambdaContext(
        header["request_id"], header["arn"], header["timeout"], header.get("client_context", "")
    )
