"""AWS Signature Version 4, optimised for sending the same kind of request many times a second.

botocore builds every signature from scratch, about 150 us a request. Here the signing key is kept for the day,
and all parts of a request that do not change within a second are written, and hashed, once a second. Per
request this leaves the hash of the body and the ends of the other hashes.

Source of the algorithm: AWS "Create a signed AWS API request" (IAM User Guide,
reference_sigv-create-signed-request). Pure: no I/O, no clock; the time is passed in.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

ALGORITHM = "AWS4-HMAC-SHA256"
_SAFE = "-_.~"


@dataclass(frozen=True, slots=True)
class Keys:
    """One immutable set of credentials."""

    access_key: str
    secret_key: str
    token: str | None = None


def signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    """Return the derived key for one day (`20260131`), Region and service; worth caching."""
    key = hmac.digest(b"AWS4" + secret_key.encode(), day.encode(), "sha256")
    for part in (region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _pads(key: bytes) -> tuple[HASH, HASH]:
    """Return the two halves of HMAC-SHA256 (RFC 2104) with the key already hashed, to be copied per request."""
    block = key.ljust(64, b"\0")
    return (
        hashlib.sha256(bytes(byte ^ 0x36 for byte in block)),
        hashlib.sha256(bytes(byte ^ 0x5C for byte in block)),
    )


def canonical_path(path: str) -> str:
    """Return the path for signing: `path` as sent, encoded once more, as all services but S3 require."""
    return quote(path, safe="/" + _SAFE) or "/"


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and values encoded, sorted, joined; the same text may be sent."""
    return "&".join(
        f"{name}={value}"
        for name, value in sorted((quote(n, safe=_SAFE), quote(v, safe=_SAFE)) for n, v in pairs)
    )


class Prepared:
    """One kind of request, ready to be signed and written with changing bodies and paths.

    Args:
        method: HTTP method.
        host: value of the Host header, with the port if it is not the scheme's default.
        path: as sent (percent-encoded); may be replaced per request.
        headers: further headers to send and sign, without host, x-amz-date and content-length. Names lower
            case.
        region: for the credential scope.
        service: signing name (`connect`, `lambda`, `dynamodb`).
        query: canonical query string (see `canonical_query`).
    """

    __slots__ = (
        "_access_key",
        "_after_path",
        "_canonical",
        "_day",
        "_fixed",
        "_head",
        "_inner",
        "_keyed",
        "_outer",
        "_second",
        "_secret",
        "_tail",
        "_token",
        "headers",
        "host",
        "method",
        "path",
        "query",
        "region",
        "service",
    )

    def __init__(
        self,
        method: str,
        host: str,
        path: str,
        headers: Mapping[str, str],
        region: str,
        service: str,
        query: str = "",
    ) -> None:
        self.host = host
        self.headers = dict(headers)
        self.region = region
        self.service = service
        self.method = method
        self.path = path
        self.query = query
        self._second = -1
        self._day = self._secret = self._access_key = ""
        self._token: str | None = None
        self._keyed, self._outer = _pads(b"")

    def sign(self, keys: Keys, now: float, body: bytes, path: str | None = None) -> bytes:
        """Return the whole request as bytes: request line, headers with the signature, body.

        Args:
            keys: the credentials to sign with.
            now: seconds since the epoch; the signature counts whole seconds.
            body: as sent.
            path: overrides the prepared one.
        """
        second = int(now)
        if second != self._second or keys.access_key != self._access_key or keys.token != self._token:
            self._freeze(keys, second)
        if path is None:
            canonical, head = self._canonical.copy(), self._head
        else:
            canonical = hashlib.sha256(self._canonical_request(path))
            head = self._request_line(path) + self._after_path
        canonical.update(hashlib.sha256(body).hexdigest().encode())
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(canonical.hexdigest().encode())
        outer.update(inner.digest())
        return b"%b%b%b%d\r\n\r\n%b" % (head, outer.hexdigest().encode(), self._tail, len(body), body)

    def _canonical_request(self, path: str) -> bytes:
        """Return the canonical request without the hash of the body, which comes last."""
        return f"{self.method}\n{canonical_path(path)}\n{self.query}\n{self._fixed}".encode()

    def _request_line(self, path: str) -> bytes:
        target = f"{path}?{self.query}" if self.query else path
        return f"{self.method} {target} HTTP/1.1\r\n".encode()

    def _freeze(self, keys: Keys, second: int) -> None:
        """Write all parts that stay the same within this second and for these keys."""
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        day = moment[:8]
        if day != self._day or keys.secret_key != self._secret:
            self._keyed, self._outer = _pads(signing_key(keys.secret_key, day, self.region, self.service))
            self._day, self._secret = day, keys.secret_key
        self._second, self._access_key, self._token = second, keys.access_key, keys.token
        signed = {**self.headers, "host": self.host, "x-amz-date": moment}
        if keys.token is not None:
            signed["x-amz-security-token"] = keys.token
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
        scope = f"{day}/{self.region}/{self.service}/aws4_request"
        self._fixed = f"{lines}\n{names}\n"
        self._canonical = hashlib.sha256(self._canonical_request(self.path))
        self._inner = self._keyed.copy()
        self._inner.update(f"{ALGORITHM}\n{moment}\n{scope}\n".encode())
        sent = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        self._after_path = (
            f"{sent}authorization: {ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature="
        ).encode()
        self._head = self._request_line(self.path) + self._after_path
        self._tail = b"\r\ncontent-length: "
