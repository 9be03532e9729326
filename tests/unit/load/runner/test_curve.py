"""Master and workers with one secret take messages from each other only. In processes of their own: Locust patches sockets."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import gevent
from busyhour.load.runner import curve
from locust.rpc import zmqrpc
from locust.rpc.protocol import Message
import socket
import zmq.green as zmq
plain = zmqrpc.Client
assert not curve.authenticated()
listener = socket.create_server(("127.0.0.1", 0))
host, port = listener.getsockname()
class Shared:  # both ends are in this process, so the worker must not close what the master listens on
    fileno = staticmethod(listener.fileno)
    close = staticmethod(lambda: None)
warned = []
if BOUND:
    curve.install(curve.derive("s" * 64), Shared)
else:
    listener.close()
    curve.install(curve.derive("s" * 64), warn=warned.append)
assert curve.authenticated()
server = zmqrpc.Server(host, port)
heard = []
def listen():
    while True:
        node, message = server.recv_from_client()
        heard.append(message.type)
        server.send_to_client(Message("permit", None, node))
gevent.spawn(listen)
got = []
def talk(client, name):
    client.send(Message(name, None, name))
    gevent.spawn(lambda: got.append((name, client.recv().type)))
talk(plain(host, port, "stranger"), "stranger")
raw = zmq.Context().socket(zmq.DEALER)  # raw ZeroMQ: with a key of its own and the master's public one, as if it leaked
raw.setsockopt(zmq.IDENTITY, b"raw")
public, private = zmq.curve_keypair()
raw.curve_serverkey = curve.derive("s" * 64).master[0]
raw.curve_publickey, raw.curve_secretkey = public, private
raw.connect(f"tcp://{host}:{port}")
raw.send(Message("raw", None, "raw").serialize())
gevent.spawn(lambda: got.append(("raw", raw.recv())))
right = zmqrpc.Client
curve.install(curve.derive("t" * 64), warn=warned.append)
talk(zmqrpc.Client(host, port, "other"), "other")
gevent.sleep(1.0)
talk(right(host, port, "worker"), "worker")
gevent.sleep(1.0)
print(heard, got, len(warned))
"""


@pytest.mark.parametrize("bound", [True, False], ids=["a socket that exists", "an address"])
def test_a_worker_is_heard_and_answered_and_no_stranger_is(bound: bool) -> None:
    """Strangers: plain Locust, raw ZeroMQ with keys of its own, a worker with another secret (which is warned)."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.replace("BOUND", str(bound))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    expected = "['worker'] [('worker', 'permit')] 1"
    assert done.stdout.split("\n")[-2] == expected, done.stdout + done.stderr
