"""Verification of Signature Version 4, if enabled: signer, time, signed parts, and the signature itself.

The signature is computed again with botocore's own signer over the headers that the request lists as signed.
Codes are those of AWS's "Common errors": each family of protocols has its own names for the same rejection.
"""

from __future__ import annotations

import configparser
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from busyhour.emulator.messages import ApiError, Request
from busyhour.errors import BusyhourError

SKEW_SECONDS = 300.0
"""A signature is valid for five minutes (IAM User Guide, "Elements of an AWS API request signature")."""
_ALGORITHM = "AWS4-HMAC-SHA256"
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<scope>[^,\s]+)\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})\s*"
)
_UNRESERVED = "-_.~"
_FORM = "application/x-www-form-urlencoded"
_QUERY_CODES = {
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "IncompleteSignatureException": "IncompleteSignature",
}
"""Names of the same errors in the Query protocol."""


@dataclass(frozen=True, slots=True)
class _Signature:
    """The parts of a request's signature."""

    scope: str
    headers: tuple[str, ...]
    signature: str
    stamp: str
    seconds: float
    query: str
    """The query string that was signed."""


class Verifier:
    """Checks signatures.

    Args:
        secrets: secret key by access key.
        region: required Region of the scope.
        time: epoch seconds.
    """

    def __init__(self, secrets: Mapping[str, str], region: str, time: Callable[[], float]) -> None:
        self._secrets = secrets
        self._region = region
        self._time = time

    def refusal(self, request: Request) -> ApiError | None:
        """Return why the request is rejected; None if its signature is right."""
        try:
            signature = _read(request)
            self._check_scope(signature, request)
            self._check_time(signature)
            self._check_signature(signature, request)
        except ApiError as error:
            return _in_family(error, request)
        return None

    def _check_scope(self, signature: _Signature, request: Request) -> None:
        parts = signature.scope.split("/")
        if len(parts) != 5 or parts[4] != "aws4_request" or parts[1] != signature.stamp[:8]:
            raise _incomplete(f"Credential {signature.scope!r} is not KEY/DATE/REGION/SERVICE/aws4_request.")
        if parts[0] not in self._secrets:
            raise ApiError(
                "UnrecognizedClientException", "The security token included in the request is invalid.", 403
            )
        if parts[2] != self._region:
            raise _invalid(f"Credential should be scoped to a valid region. Not {parts[2]!r}.")
        if "host" not in signature.headers:
            raise _invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.")

    def _check_time(self, signature: _Signature) -> None:
        now, signed = self._time(), _epoch(signature.stamp)
        if now - signed > signature.seconds:
            raise _invalid(
                f"Signature expired: {signature.stamp} is now earlier than {_stamp(now - signature.seconds)} "
                f"({_stamp(now)} - {signature.seconds / 60:g} min.)"
            )
        if signed - now > SKEW_SECONDS:
            raise _invalid(
                f"Signature not yet current: {signature.stamp} is still later than {_stamp(now + SKEW_SECONDS)} "
                f"({_stamp(now)} + {SKEW_SECONDS / 60:g} min.)"
            )

    def _check_signature(self, signature: _Signature, request: Request) -> None:
        missing = [name for name in signature.headers if name not in request.headers]
        if missing:
            raise _invalid(f"The signed header {missing[0]!r} is not in the request.")
        key, _, region, service, _ = signature.scope.split("/")
        expected = _computed(request, signature, self._secrets[key], region, service)
        if not hmac.compare_digest(expected, signature.signature):
            raise _invalid(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                "Access Key and signing method. Consult the service documentation for details."
            )


def read_credentials(path: Path) -> dict[str, str]:
    """Read secret keys by access key, from a file like ~/.aws/credentials; every profile in it counts.

    Raises:
        BusyhourError: the file cannot be read, or no profile has both keys.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BusyhourError(f"--auth {path}: {error.strerror or error}.", "Check the path.") from None
    except (configparser.Error, UnicodeDecodeError) as error:
        raise BusyhourError(
            f"--auth {path} is no credentials file: {error}.", "Write it as ~/.aws/credentials."
        ) from None
    names = ("aws_access_key_id", "aws_secret_access_key")
    pairs = [tuple(parser[section].get(name, "") for name in names) for section in parser.sections()]
    secrets = {key: secret for key, secret in pairs if key and secret}
    if not secrets:
        raise BusyhourError(
            f"--auth {path}: no profile has aws_access_key_id and aws_secret_access_key.",
            "Write it as ~/.aws/credentials.",
        )
    return secrets


def environment_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """Read the key pair in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

    Raises:
        BusyhourError: there is none.
    """
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise BusyhourError(
            "--auth: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set.",
            "Set them, or name a credentials file: --auth FILE.",
        )
    return {key: secret}


def _read(request: Request) -> _Signature:
    """Parse the signature in the Authorization header or, presigned, in the query string."""
    authorization = request.headers.get("authorization", "")
    if authorization:
        found = _HEADER.fullmatch(authorization.strip())
        if found is None:
            raise _incomplete(
                "Authorization header requires 'Credential' parameter, 'SignedHeaders' parameter and 'Signature' "
                f"parameter of {_ALGORITHM}."
            )
        stamp = request.headers.get("x-amz-date", "")
        _epoch(stamp)
        headers = tuple(found["headers"].split(";"))
        return _Signature(found["scope"], headers, found["signature"], stamp, SKEW_SECONDS, request.query)
    pairs = parse_qsl(request.query, keep_blank_values=True)
    given = dict(pairs)
    if "X-Amz-Signature" not in given:
        raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    stamp = given.get("X-Amz-Date", "")
    _epoch(stamp)
    seconds = given.get("X-Amz-Expires", "")
    if given.get("X-Amz-Algorithm") != _ALGORITHM or not seconds.isdigit():
        raise _incomplete("A presigned request has X-Amz-Algorithm, X-Amz-Date and X-Amz-Expires.")
    signed = [(name, value) for name, value in pairs if name != "X-Amz-Signature"]
    query = "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(value, safe=_UNRESERVED)}" for name, value in signed
    )
    headers = tuple(given.get("X-Amz-SignedHeaders", "").split(";"))
    scope = given.get("X-Amz-Credential", "")
    return _Signature(scope, headers, given["X-Amz-Signature"], stamp, float(seconds[:7]), query)


def _computed(request: Request, signature: _Signature, secret: str, region: str, service: str) -> str:
    """Compute the signature that the request should have."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    headers = HTTPMessage()
    for name in signature.headers:
        headers[name] = request.headers[name]

    class Signer(SigV4Auth):  # type: ignore[misc]  # botocore ships no types
        def headers_to_sign(self, request: Any) -> HTTPMessage:
            return headers

    query = f"?{signature.query}" if signature.query else ""
    url = f"http://{request.headers.get('host', '')}{request.path}{query}"
    signed = AWSRequest(method=request.method, url=url, data=request.body)
    if digest := request.headers.get("x-amz-content-sha256"):
        signed.headers["X-Amz-Content-SHA256"] = digest
    signed.context["timestamp"] = signature.stamp
    signer = Signer(Credentials("", secret), service, region)
    text: str = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
    return text


def _epoch(stamp: str) -> float:
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        ) from None


def _stamp(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y%m%dT%H%M%SZ")


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidSignatureException", message, 403)


def _incomplete(message: str) -> ApiError:
    return ApiError("IncompleteSignatureException", message, 400)


def _in_family(error: ApiError, request: Request) -> ApiError:
    """Convert the error to the name and status of the request's protocol."""
    if "x-amz-target" in request.headers:
        return ApiError(error.code, error.message, 400)
    if request.headers.get("content-type", "").startswith(_FORM) or "Version=" in request.query:
        return ApiError(_QUERY_CODES[error.code], error.message, error.status)
    return error
