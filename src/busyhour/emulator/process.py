"""The emulator as a process: start message, ready file, signals."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from busyhour import lifeline
from busyhour.atomic_write import replace_file
from busyhour.collector import collect_beside, held_back
from busyhour.emulator.server.listener import Served, run, serve
from busyhour.emulator.server.request_guard import RequestGuard
from busyhour.errors import BusyhourError, ExitCode


def announce(about: Mapping[str, Any], ready_file: Path | None, notes: Iterable[str] = ()) -> None:
    """Announce readiness: one line on standard output, and the ready file, written atomically.

    `notes` are lines on standard error.

    Raises:
        BusyhourError: the ready file cannot be written.
    """
    if ready_file is not None:
        text = json.dumps({**about, "pid": os.getpid()}, indent=2)
        try:
            replace_file(ready_file, text.encode())
        except OSError as error:
            raise BusyhourError(
                f"The ready file {ready_file} cannot be written: {error.strerror or error}.",
                "Name another file.",
            ) from None
    sys.stdout.write(f"ready {about['url']}\n")
    sys.stdout.flush()
    sys.stderr.write(
        f"instance {about['instance_id']}, account {about['account']}, Region {about['region']}, "
        f"{len(about['flows'])} flows, {len(about['queues'])} queues; Ctrl-C ends it\n"
    )
    sys.stderr.writelines(f"{note}\n" for note in notes)
    sys.stderr.flush()


def serve_until_signal(
    emulator: Served, listener: socket.socket, on_ready: Callable[[], None], guard: RequestGuard | None = None
) -> ExitCode:
    """Serve until SIGTERM, Ctrl-C or a lost terminal; live contacts are ended, so that each has its record.

    No process below this one outlives it: neither environments of functions nor what handlers have started in sessions
    of their own. If a parent started this process and dies, it ends at once.

    Returns:
        OK after SIGTERM, INTERRUPTED after Ctrl-C and SIGHUP.

    Raises:
        BusyhourError: the emulator did not start.
    """
    caught: list[int] = []

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            caught.append(number)
            stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, stop, number)
        collecting = loop.create_task(collect_beside())
        try:
            await serve(emulator, listener, guard=guard, on_ready=on_ready, stopping=stopping)
        finally:
            collecting.cancel()

    lifeline.adopt_orphans()
    gc.collect()
    try:
        with held_back():
            run(main)
    finally:
        lifeline.end_descendants()
    return ExitCode.OK if caught[:1] == [signal.SIGTERM] else ExitCode.INTERRUPTED
