"""An HTTP server that gives every request the same answer: what all load benchmarks send to.

`python benchmarks/support/fixed_server.py [--delay SECONDS] [--cpu N] [--awake] [--seen FILE]` prints its URL and serves
until its standard input is closed; FILE then has the time of each request, seconds, one a line. On uvloop it answers about 40,000 requests/s on one core, more than any client here sends.

`--awake` keeps it from sleeping between requests. On loopback the kernel wakes a sleeping server within the client's
`send` and charges the client for it, in a virtual machine 10 us a request: the same for every client, and nothing that a
client whose target is another machine ever pays. So figures of CPU per request are taken with it.
"""

import argparse
import asyncio
import os
import sys
import time
from array import array
from pathlib import Path

import uvloop

BODY = b'{"ContactId":"0b5f6a1e-3c52-4f0e-9d57-0c7a1e2b3d4f"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: 5d3c1b7e-2f5e-4d0a-a4f4-6f6b8c0f9a10\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


class Fixed(asyncio.Protocol):
    """Counts request bytes and answers each whole request, at once or after `delay` seconds."""

    delay = 0.0
    seen = array("d")

    def connection_made(self, transport):
        """A client came."""
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        """Answer every request that is whole."""
        buffer = self.buffer + data if self.buffer else data
        while True:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                break
            at = buffer.lower().find(b"content-length:", 0, end)
            length = int(buffer[at + 15 : buffer.find(b"\r", at)]) if at >= 0 else 0
            if len(buffer) < end + 4 + length:
                break
            buffer = buffer[end + 4 + length :]
            self.seen.append(time.monotonic())
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.answer)
            else:
                self.transport.write(ANSWER)
        self.buffer = buffer

    def answer(self):
        """Send the answer, late."""
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def serve(delay: float, *, awake: bool) -> None:
    """Serve on a free loopback port until standard input is closed."""
    Fixed.delay = delay
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Fixed, "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    done = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: done.set() if not sys.stdin.buffer.read1(1) else None)
    while awake and not done.is_set():
        await asyncio.sleep(0)
    await done.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--cpu", type=int)
    parser.add_argument("--awake", action="store_true")
    parser.add_argument("--seen", type=Path)
    options = parser.parse_args()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    uvloop.install()
    asyncio.run(serve(options.delay, awake=options.awake))
    if options.seen is not None:
        options.seen.write_text("".join(f"{at:.6f}\n" for at in Fixed.seen))
