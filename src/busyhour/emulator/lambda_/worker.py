"""The program inside an execution environment: imports a handler once, then runs one event after the other.

Started as a script of its own, with nothing but the standard library, so that an environment is cheap and the
handler sees an interpreter as empty as Lambda's. Speaks frames (see `FRAME`) over an inherited socket; standard
output and error are an inherited file that the parent reads as the function's log. When the parent goes away, however
abruptly, the socket or the liveness pipe closes and the process ends.
"""

from __future__ import annotations

import decimal
import importlib
import importlib.util
import json
import logging
import os
import resource
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

FRAME = struct.Struct("<II")
"""A frame: length of the JSON header, length of the payload, then both."""


class LambdaContext:
    """What Lambda passes as the second argument of a Python handler."""

    def __init__(self, header: dict[str, Any]) -> None:
        self.aws_request_id: str = header["request_id"]
        self.invoked_function_arn: str = header["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context: Any = header.get("client_context")
        self.identity: Any = None
        self._deadline = time.monotonic() + header["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout, never negative."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log as it stands."""
        sys.stdout.write(str(message))


class _LogHandler(logging.Handler):
    """Root handler in the text format of Lambda's Python runtime."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = f"[{record.levelname}]\t{stamp}.{int(record.msecs):03d}Z\t{self.request_id}\t{record.getMessage()}"
        if record.exc_info:
            text += "\n" + (self.formatter or logging.Formatter()).formatException(record.exc_info)
        sys.stdout.write(text + "\n")


def load(path: Path, name: str) -> Callable[[Any, LambdaContext], Any] | dict[str, Any]:
    """Import the handler `name` of the file `path`, or the error in Lambda's words."""
    root = Path(os.environ.get("LAMBDA_TASK_ROOT") or path.parent)
    module_name = ".".join(path.relative_to(root).with_suffix("").parts)
    sys.path.insert(0, str(root))
    try:
        module = _module(module_name, path)
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").rstrip()}']
        return _error(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", "", trace
        )
    except (ImportError, FileNotFoundError) as error:
        return _error(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}", "", []
        )
    except Exception as error:  # the handler's own code: anything may come out of it
        return _error(type(error).__name__, str(error), "", _stack(error))
    handler = getattr(module, name, None)
    if handler is None:
        return _error(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'", "", []
        )
    if not callable(handler):
        return _error(
            "Runtime.HandlerNotFound", f"Handler '{name}' on module '{module_name}' is not callable", "", []
        )
    return handler  # type: ignore[no-any-return]  # callable() narrows to "callable with anything"


def _module(name: str, path: Path) -> Any:
    """The module of a file; one inside a package, or that is a package, by its name."""
    if "." in name or not path.exists():
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"No module named '{name}'")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run(
    handler: Callable[[Any, LambdaContext], Any], header: dict[str, Any], payload: bytes
) -> tuple[bool, bytes]:
    """One invocation: whether it succeeded, and the response or the error document as JSON."""
    request_id = header["request_id"]
    try:
        event = json.loads(payload) if payload else {}
        result = handler(event, LambdaContext(header))
    except Exception as error:  # the handler's own code, as above
        stack, said = _stack(error), _text(error)
        heading = f"[ERROR] {type(error).__name__}: {said}\nTraceback (most recent call last):\n"
        sys.stdout.write(heading + "".join(stack))
        return False, _document(_error(type(error).__name__, said, request_id, stack))
    try:
        return True, json.dumps(result, default=_plain, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"Unable to marshal response: {error}"
        sys.stdout.write(f"[ERROR] Runtime.MarshalError: {message}\n")
        return False, _document(_error("Runtime.MarshalError", message, request_id, []))


def _plain(value: object) -> object:
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _text(error: BaseException) -> str:
    """What the error says, as UTF-8 can have it; errors of a handler may fail to say anything."""
    try:
        return str(error).encode("utf-8", "backslashreplace").decode()
    except Exception as failure:  # as above: its own code makes the text
        return f"<unprintable: {type(failure).__name__}>"


def _stack(error: BaseException) -> list[str]:
    """The traceback without this file's own frames, one string a frame as in Lambda's `stackTrace`.

    Frames that repeat, as those of an endless recursion do, are one line that says so.
    """
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")
    ]
    return traceback.StackSummary.from_list(own).format()


def _error(kind: str, message: str, request_id: str, stack: list[str]) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": stack}


def _peak_kib() -> int:
    """Most memory that this process has held. Linux counts `ru_maxrss` from before the program was started."""
    try:
        with Path("/proc/self/status").open(encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _document(error: dict[str, Any]) -> bytes:
    return json.dumps(error, ensure_ascii=False).encode("utf-8", "replace")


def _read(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            os._exit(0)  # the parent is gone, there is nobody to tell
        data += part
    return bytes(data)


def _send(connection: socket.socket, header: dict[str, Any], payload: bytes) -> None:
    head = json.dumps(header).encode()
    connection.sendall(FRAME.pack(len(head), len(payload)) + head + payload)


def _end_with_parent(pipe: int) -> None:
    """Block until the write end of `pipe` closes, which the kernel does when the parent dies."""
    while os.read(pipe, 1):
        pass
    os._exit(0)


def main(arguments: list[str]) -> None:
    """Serve invocations until the parent closes the socket: `worker.py SOCKET_FD PIPE_FD FILE HANDLER`."""
    connection = socket.socket(fileno=int(arguments[0]))
    threading.Thread(target=_end_with_parent, args=(int(arguments[1]),), daemon=True).start()
    log = _LogHandler()
    logging.getLogger().addHandler(log)
    handler = load(Path(arguments[2]), arguments[3])
    sys.stdout.flush()
    sys.stderr.flush()
    if isinstance(handler, dict):
        _send(connection, {"ready": False}, _document(handler))
        return
    _send(connection, {"ready": True}, b"")
    while True:
        head_size, size = FRAME.unpack(_read(connection, FRAME.size))
        header = json.loads(_read(connection, head_size))
        payload = _read(connection, size)
        log.request_id = header["request_id"]
        os.environ["_X_AMZN_TRACE_ID"] = header.get("trace_id", "")
        started = time.monotonic()
        succeeded, answer = run(handler, header, payload)
        seconds = time.monotonic() - started
        sys.stdout.flush()
        sys.stderr.flush()
        _send(connection, {"ok": succeeded, "seconds": seconds, "peak_kib": _peak_kib()}, answer)


if __name__ == "__main__":
    main(sys.argv[1:])
