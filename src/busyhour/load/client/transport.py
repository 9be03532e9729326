"""Bytes over one connection, without a greenlet: plain TCP, or TLS through memory buffers.

Sockets are used as the standard library made them, not as Locust patched them, and never block; gevent's
loop calls back when data can be read. TLS works on memory buffers, so that both kinds have the same interface.
"""

from __future__ import annotations

from gevent import monkey

import errno
import os
import ssl
from typing import Any

from busyhour.errors import BusyhourError

_socket = monkey.get_original("socket", "socket")
"""The class before Locust patched it: its methods return at once instead of switching greenlets."""

RECEIVE_BYTES = 65536
_LATER = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN)


class PlainTransport:
    """A TCP connection, open or being opened.

    Args:
        family: address family.
        address: as returned by `getaddrinfo`.
    """

    def __init__(self, family: int, address: Any) -> None:
        import socket

        self.socket: Any = _socket(family, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unsent = b""
        code = self.socket.connect_ex(address)
        if code and code not in _LATER:
            self.socket.close()
            raise OSError(code, os.strerror(code))

    def connected(self) -> bool:
        """Called when the socket is first writable; return True once bytes of a request may be sent.

        Raises:
            OSError: the connection failed.
        """
        import socket

        code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        return True

    def send(self, data: bytes) -> bool:
        """Send as much as possible at once; return True if all was sent, otherwise call `flush` when writable."""
        if self._unsent:
            self._unsent += data
            return False
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent == len(data):
            return True
        self._unsent = data[sent:]
        return False

    def flush(self) -> bool:
        """Send the rest; return True when nothing is left."""
        data, self._unsent = self._unsent, b""
        return not data or self.send(data)

    def receive(self) -> bytes | None:
        """Return received bytes; empty at the end of the stream, None if there are none yet."""
        try:
            data: bytes = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return None
        return data

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


class TlsTransport(PlainTransport):
    """A TLS connection. The server's certificate and name are checked by `context`.

    Args:
        family: address family.
        address: as returned by `getaddrinfo`.
        context: made by `tls_context`.
        name: the server's name.
    """

    def __init__(self, family: int, address: Any, context: ssl.SSLContext, name: str) -> None:
        super().__init__(family, address)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._ready = False

    def connected(self) -> bool:
        """Begin the handshake; it continues in `receive`."""
        super().connected()
        return self._shake()

    def send(self, data: bytes) -> bool:
        """Encrypt and send."""
        self._tls.write(data)
        return self._push()

    def flush(self) -> bool:
        """Send encrypted bytes that are left."""
        data, self._unsent = self._unsent, b""
        return not data or super().send(data)

    def receive(self) -> bytes | None:
        """Return decrypted bytes; None also during the handshake (see `ready`)."""
        data = super().receive()
        if data is None:
            return None
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        if not self._ready:
            self._shake()
            if not self._ready:
                if not data:
                    raise OSError(errno.ECONNRESET, "connection closed during the TLS handshake")
                return None
        parts = []
        try:
            while part := self._tls.read(RECEIVE_BYTES):
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b"".join(parts)
        self._push()
        if parts:
            return b"".join(parts)
        return b"" if not data else None

    @property
    def ready(self) -> bool:
        """Whether the handshake is done."""
        return self._ready

    def _shake(self) -> bool:
        try:
            self._tls.do_handshake()
            self._ready = True
        except ssl.SSLWantReadError:
            pass
        finally:
            self._push()
        return self._ready

    def _push(self) -> bool:
        data = self._outgoing.read()
        return not data or super().send(data)


def tls_context(ca_bundle: str | None = None) -> ssl.SSLContext:
    """Return a context that verifies certificate and name, by `ca_bundle`, AWS_CA_BUNDLE or the system's CAs.

    Raises:
        BusyhourError: the bundle is not a file of certificates; an empty variable is not an unset one, as in boto3.
    """
    bundle = os.environ.get("AWS_CA_BUNDLE") if ca_bundle is None else ca_bundle
    try:
        if bundle is not None and not bundle.strip():
            raise FileNotFoundError(errno.ENOENT, "it is empty")
        context = ssl.create_default_context(cafile=bundle)
    except OSError as error:  # ssl.SSLError is one
        raise BusyhourError(
            f"AWS_CA_BUNDLE: {bundle!r} cannot be used: {error.strerror or error}.",
            "Name a file of CA certificates (PEM), or unset the variable for those of the system.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
