"""Master and workers of one run talk on loopback, and to no other process. In a process of its own: Locust patches sockets."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import gevent
from busyhour.load.runner import local_workers
from locust.rpc import zmqrpc
from locust.rpc.protocol import Message
import socket
plain = zmqrpc.Client
listener = socket.create_server(("127.0.0.1", 0))
host, port = listener.getsockname()
class Shared:  # both ends are in this process, so the worker must not close what the master listens on
    fileno = staticmethod(listener.fileno)
    close = staticmethod(lambda: None)
local_workers.install(Shared, "s" * 64)
server = zmqrpc.Server(host, port)
heard = []
def listen():
    while True:
        heard.append(server.recv_from_client()[1].type)
gevent.spawn(listen)
plain(host, port, "stranger").send(Message("stranger", None, "stranger"))
gevent.sleep(1.0)
zmqrpc.Client(host, port, "worker").send(Message("worker", None, "worker"))
gevent.sleep(1.0)
print(heard)
"""


def test_a_worker_is_heard_and_a_stranger_is_not() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split("\n")[-2] == "['worker']", done.stdout + done.stderr
