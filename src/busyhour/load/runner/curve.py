"""Encrypted and authenticated messages between Locust's master and workers: ZeroMQ CURVE with a ZAP handler.

Locust's own messages are neither encrypted nor authenticated. With a secret that both ends have, the master takes
messages only from workers that hold the workers' private key, and a worker talks only to a master that holds the
master's. Both keys are derived from the secret; the secret itself is never sent.
"""

from __future__ import annotations

import gevent
from locust.rpc import zmqrpc

import hashlib
import logging
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zmq.green as zmq
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

_ZAP = "inproc://zeromq.zap.01"
"""Endpoint at which libzmq asks whether a key is admitted (RFC 27)."""
_REFUSED = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_PLAIN = (zmqrpc.Server, zmqrpc.Client)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keys:
    """Key pairs of one secret, as (public, private) in Z85."""

    master: tuple[bytes, bytes]
    worker: tuple[bytes, bytes]


def derive(secret: str) -> Keys:
    """Return the keys of a secret; slow by intention (scrypt), so that short secrets are not guessed from a recording."""
    both = hashlib.scrypt(secret.encode(), salt=b"busyhour workers", n=2**14, r=8, p=1, dklen=64)
    private = [z85.encode(half) for half in (both[:32], both[32:])]
    master, worker = ((zmq.curve_public(each), each) for each in private)
    return Keys(master, worker)


def install(
    keys: Keys, listener: socket.socket | None = None, *, warn: Callable[[str], None] = _log.error
) -> None:
    """Replace Locust's two sockets by authenticated ones.

    Args:
        keys: of both ends.
        listener: bound socket that the master takes over, and that workers forked from it close; None: the master binds
            the address that Locust gives it.
        warn: called once with a sentence where the master refuses this worker.
    """

    class Server(zmqrpc.BaseSocket):  # type: ignore[misc]  # Locust has no types
        def __init__(self, host: str, port: int) -> None:
            super().__init__(zmq.ROUTER, ":" not in host)
            _admit(self.socket.context, keys.worker[0])
            self.socket.curve_server = True
            self.socket.curve_secretkey = keys.master[1]
            self.socket.zap_domain = b"busyhour"
            if listener is not None:
                self.socket.setsockopt(zmq.USE_FD, listener.fileno())
            self.socket.bind(_url(host, port))
            self.port = port

    class Client(zmqrpc.BaseSocket):  # type: ignore[misc]  # Locust has no types
        def __init__(self, host: str, port: int, identity: str) -> None:
            super().__init__(zmq.DEALER, self.ipv4_only(host, port))
            if listener is not None:
                listener.close()
            self.socket.setsockopt(zmq.IDENTITY, identity.encode())
            self.socket.curve_serverkey = keys.master[0]
            self.socket.curve_publickey, self.socket.curve_secretkey = keys.worker
            gevent.spawn(_report_refusal, self.socket.get_monitor_socket(_REFUSED), f"{host}:{port}", warn)
            self.socket.connect(_url(host, port))

    # Locust has no setting for its sockets; its runners look these names up when they connect.
    zmqrpc.Server, zmqrpc.Client = Server, Client


def authenticated() -> bool:
    """Whether Locust's sockets of this process are those of `install`."""
    return (zmqrpc.Server, zmqrpc.Client) != _PLAIN


def _url(host: str, port: int) -> str:
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def _report_refusal(monitor: Any, where: str, warn: Callable[[str], None]) -> None:
    """Warn once when a handshake fails; libzmq tries again silently."""
    parse_monitor_message(monitor.recv_multipart())
    warn(
        f"{where} does not accept this worker, or is no master of busyhour: the secret differs from the master's, or "
        "the master has none."
    )


def _admit(context: Any, key: bytes) -> None:
    """Admit connections with this public key and no others."""
    socket = context.socket(zmq.REP)
    socket.bind(_ZAP)
    wanted = z85.decode(key)

    def answer() -> None:
        while True:
            version, request, *_, mechanism, given = socket.recv_multipart()[:7]
            known = mechanism == b"CURVE" and secrets.compare_digest(given, wanted)
            socket.send_multipart([version, request, b"200" if known else b"400", b"", b"", b""])

    gevent.spawn(answer)
