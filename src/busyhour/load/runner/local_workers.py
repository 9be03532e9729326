"""Locust with workers on this machine: `python -m busyhour.load.runner.local_workers`, with Locust's arguments.

Locust's messages between master and workers are neither encrypted nor authenticated, and its master listens on every
interface. Here it listens on loopback, at a free port that is bound before the workers are forked, and takes messages
only from who has the keys of this run (ZeroMQ CURVE, checked by a ZAP handler). Keys are made from a random secret that
exists in the memory of these processes alone.
"""

from __future__ import annotations

import gevent
from locust import main as locust_main
from locust.rpc import zmqrpc

import hashlib
import secrets
import socket
import sys
from typing import Any

import zmq.green as zmq
from zmq.utils import z85

HOST = "127.0.0.1"
_ZAP = "inproc://zeromq.zap.01"
"""Endpoint at which libzmq asks whether a key is admitted (RFC 27)."""


def _keys(secret: str, role: str) -> tuple[bytes, bytes]:
    """Return the public and the private key of a role."""
    private = z85.encode(hashlib.sha256(f"busyhour {role} {secret}".encode()).digest())
    return zmq.curve_public(private), private


def install(listener: socket.socket, secret: str) -> None:
    """Replace Locust's two sockets: the server takes `listener`, and both ends have keys of `secret`."""

    class Server(zmqrpc.BaseSocket):  # type: ignore[misc]  # Locust has no types
        def __init__(self, host: str, port: int) -> None:
            super().__init__(zmq.ROUTER, True)
            _admit(self.socket.context, _keys(secret, "worker")[0])
            self.socket.curve_server = True
            self.socket.curve_secretkey = _keys(secret, "master")[1]
            self.socket.zap_domain = b"busyhour"
            self.socket.setsockopt(zmq.USE_FD, listener.fileno())
            self.socket.bind(f"tcp://{host}:{port}")
            self.port = port

    class Client(zmqrpc.BaseSocket):  # type: ignore[misc]  # Locust has no types
        def __init__(self, host: str, port: int, identity: str) -> None:
            super().__init__(zmq.DEALER, True)
            listener.close()  # the master's: a worker does not keep its port open
            self.socket.setsockopt(zmq.IDENTITY, identity.encode())
            self.socket.curve_serverkey = _keys(secret, "master")[0]
            self.socket.curve_publickey, self.socket.curve_secretkey = _keys(secret, "worker")
            self.socket.connect(f"tcp://{host}:{port}")

    # Locust has no setting for its sockets; its runners look these names up when they connect.
    zmqrpc.Server, zmqrpc.Client = Server, Client


def _admit(context: Any, key: bytes) -> None:
    """Admit connections with this public key and no others."""
    asked = context.socket(zmq.REP)
    asked.bind(_ZAP)
    wanted = z85.decode(key)

    def answer() -> None:
        while True:
            version, request, *_, mechanism, given = asked.recv_multipart()[:7]
            known = mechanism == b"CURVE" and secrets.compare_digest(given, wanted)
            asked.send_multipart([version, request, b"200" if known else b"400", b"", b"", b""])

    gevent.spawn(answer)


def main() -> None:
    """Run Locust with the given arguments, its master on loopback."""
    listener = socket.create_server((HOST, 0), backlog=128)
    port = str(listener.getsockname()[1])
    install(listener, secrets.token_hex(32))
    sys.argv += ["--master-bind-host", HOST, "--master-bind-port", port]
    sys.argv += ["--master-host", HOST, "--master-port", port]
    locust_main.main()


if __name__ == "__main__":
    main()
