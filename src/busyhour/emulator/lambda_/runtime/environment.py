"""One execution environment: a worker process, its socket, its log, and its guaranteed end."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from busyhour.emulator.lambda_.runtime.worker import FRAME
from busyhour.lifeline import Lifeline, descendants, kill

_PACKAGES = str(Path(__file__).parents[4])
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from busyhour.emulator.lambda_.runtime.worker import main; "
    "del sys.path[0]; main(sys.argv[2:])"
)
"""Imports the worker regardless of the function's `PYTHONPATH`, and leaves no trace of it on the handler's path."""
LOG_LIMIT = 256 * 1024
"""Maximum bytes of one invocation's log, kept from its end."""
MEMORY_CHECK_SECONDS = 0.05
"""Seconds between checks of a running handler's memory."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Result of one event in an environment.

    `ok` False with a payload is the function's error document; `exit_status` is set if the process ended
    instead of responding, `timed_out` if it was stopped, `out_of_memory` if it exceeded its memory. `seconds`
    is the time in the handler.
    """

    ok: bool
    payload: bytes
    seconds: float
    log: bytes
    peak_kib: int = 0
    timed_out: bool = False
    exit_status: int | None = None
    out_of_memory: bool = False


class _Frames(asyncio.Protocol):
    """Splits the worker's output into frames; one frame is awaited at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self._buffer = bytearray()
        self._waiter: asyncio.Future[tuple[dict[str, Any], bytes] | None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one without being a subclass

    def next(self) -> asyncio.Future[tuple[dict[str, Any], bytes] | None]:
        """Return the next frame, or None when the worker is gone."""
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        self._deliver()
        return waiter

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._deliver()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._deliver()

    def _deliver(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        buffer = self._buffer
        if len(buffer) >= FRAME.size:
            head, size = FRAME.unpack_from(buffer)
            end = FRAME.size + head + size
            if len(buffer) >= end:
                header = json.loads(buffer[FRAME.size : FRAME.size + head])
                payload = bytes(buffer[FRAME.size + head : end])
                del buffer[:end]
                waiter.set_result((header, payload))
                return
        if self.closed:
            waiter.set_result(None)


class Environment:
    """A worker process for one function. Made by `start`; runs one event at a time.

    `failure` is the error document if the handler could not be imported; such an environment only ends.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], frames: _Frames, log_file: int, line: Lifeline
    ) -> None:
        self._process = process
        self._frames = frames
        self._log_file = log_file
        self._line = line
        self.failure: Answer | None = None

    @classmethod
    async def start(
        cls, root: Path, handler: str, variables: Mapping[str, str], init_limit: float
    ) -> Environment:
        """Start a process and wait until the handler is imported, at most `init_limit` seconds.

        Raises:
            OSError: the operating system provided no process, socket or file.
        """
        ours, theirs = socket.socketpair()
        line = Lifeline()
        log_file = _log_file()
        # Python's own module search, UTF-8 and unbuffered output are as on Lambda.
        command = [sys.executable, "-P", "-u", "-X", "utf8", "-c", _PROGRAM, _PACKAGES]
        command += [str(theirs.fileno()), str(root), handler]
        try:
            process = subprocess.Popen(
                command,
                env={**variables, **line.environment},
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                pass_fds=(theirs.fileno(), *line.descriptors),
                start_new_session=True,  # its own process group, so that the handler's own children end with it
                cwd=_folder(root),
            )
        except OSError:
            ours.close()
            line.close()
            os.close(log_file)
            raise
        finally:
            theirs.close()
        line.started()
        ours.setblocking(False)
        _, frames = await asyncio.get_running_loop().create_connection(_Frames, sock=ours)
        environment = cls(process, frames, log_file, line)
        try:
            await environment._initialise(init_limit)
        except asyncio.CancelledError:
            environment.kill()
            raise
        return environment

    async def _initialise(self, limit: float) -> None:
        try:
            frame = await asyncio.wait_for(self._frames.next(), limit)
        except TimeoutError:
            self.failure = await self._stop(timed_out=True, seconds=limit)
            return
        if frame is None:
            self.failure = await self._stop(timed_out=False, seconds=0.0)
        elif not frame[0]["ready"]:
            self.failure = Answer(False, frame[1], 0.0, self._read_log())

    @property
    def alive(self) -> bool:
        """Whether the process exists and can take an event."""
        return self.failure is None and not self._frames.closed

    @property
    def pid(self) -> int:
        """Process id, for messages and tests."""
        return self._process.pid

    async def run(
        self, header: Mapping[str, Any], payload: bytes, timeout: float, memory_kib: int = 0
    ) -> Answer:
        """Run one event; after `timeout` seconds, or above `memory_kib` (0: no limit), the process is killed."""
        transport = self._frames.transport
        assert transport is not None
        loop = asyncio.get_running_loop()
        started = loop.time()
        head = json.dumps(header).encode()
        waiter = self._frames.next()
        transport.write(FRAME.pack(len(head), len(payload)) + head + payload)
        timer = loop.call_later(timeout, _expire, waiter)
        watch = loop.create_task(self._watch_memory(memory_kib, waiter)) if memory_kib else None
        try:
            frame = await waiter
        except TimeoutError:
            return await self._stop(timed_out=True, seconds=timeout)
        except MemoryError:
            return self._burst(loop.time() - started)
        except asyncio.CancelledError:
            self.kill()
            raise
        finally:
            timer.cancel()
            if watch is not None:
                watch.cancel()
        if frame is None:
            return await self._stop(timed_out=False, seconds=loop.time() - started)
        result, answer = frame
        if memory_kib and result["peak_kib"] > memory_kib:
            return self._burst(result["seconds"])
        return Answer(result["ok"], answer, result["seconds"], self._read_log(), result["peak_kib"])

    async def _watch_memory(self, limit_kib: int, waiter: asyncio.Future[Any]) -> None:
        """End the wait for a response once the process exceeds its memory."""
        while _resident_kib(self.pid) <= limit_kib:
            await asyncio.sleep(MEMORY_CHECK_SECONDS)
        if not waiter.done():
            waiter.set_exception(MemoryError())

    def _burst(self, seconds: float) -> Answer:
        log = self._read_log()
        self.kill()
        return Answer(False, b"", seconds, log, exit_status=-signal.SIGKILL, out_of_memory=True)

    async def _stop(self, *, timed_out: bool, seconds: float) -> Answer:
        """Stop the process and return how it ended."""
        log = self._read_log()
        status = self._process.poll()
        if timed_out or status is None:
            if not timed_out:  # the socket is closed, so the process is on its way out by itself
                status = await asyncio.get_running_loop().run_in_executor(None, self._settle)
                log += self._read_log()
            self.kill()
        return Answer(False, b"", seconds, log, timed_out=timed_out, exit_status=status)

    def _settle(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(1.0)
        return None

    def kill(self) -> None:
        """Kill the process, its group and what the handler started in other sessions; release its resources. Idempotent."""
        if self._log_file < 0:
            return
        below = descendants(self._process.pid)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        kill(below)
        self._frames.closed = True
        if self._frames.transport is not None:
            self._frames.transport.close()
        self._line.close()
        os.close(self._log_file)
        self._log_file = -1
        self._process.wait()  # killed above: the kernel needs no noticeable time

    def _read_log(self) -> bytes:
        """Return the log written since the last call."""
        size = os.fstat(self._log_file).st_size
        if not size:
            return b""
        text = os.pread(self._log_file, min(size, LOG_LIMIT), max(0, size - LOG_LIMIT))
        os.ftruncate(self._log_file, 0)
        return text


def _folder(path: Path) -> Path | None:
    """Return the path if it is a folder."""
    return path if path.is_dir() else None


def _resident_kib(pid: int) -> int:
    """Return the resident memory of a process; 0 if the system does not report it as Linux does."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def _expire(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def _log_file() -> int:
    """Open an unnamed file in append mode, in memory if the system supports it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("lambda-log")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
    return descriptor
