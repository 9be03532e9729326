"""The three protocols of CloudWatch clients, behind one interface.

Current SDKs send smithy-rpc-v2-cbor, some send JSON 1.0, older ones and AWS CLI up to 2.x send the Query
protocol (form in, XML out); botocore's model lists all three. A codec decodes a request to an operation's name
and its parameters, and encodes a result as a response. Parameters keep the types of their protocol: in Query
every value is text and times are ISO 8601, in JSON times are epoch seconds, in CBOR they are datetimes.
"""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson

from busyhour.emulator.error_formats import json_error, query_error
from busyhour.emulator.messages import JSON_1_0, ApiError, Request, Response
from busyhour.input_files import MAX_DEPTH

CBOR = "application/cbor"
XML = "text/xml"
_INDEX = re.compile("[0-9]{1,9}")
"""Number of a list's member; `str.isdigit` also accepts digits that `int` does not."""


class Codec(Protocol):
    """One protocol."""

    @property
    def text(self) -> bool:
        """Whether every value is text."""

    def decode(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Decode operation and parameters.

        Raises:
            ApiError: SerializationException if the body does not conform to this protocol.
        """

    def encode(self, operation: str, result: Mapping[str, Any], request: Request) -> Response:
        """Encode the response with `result`: dicts, lists, text, numbers, bools and datetimes."""

    def error(self, error: ApiError, shape: str, request: Request) -> Response:
        """Encode the error; `shape` is its name in the service's model if that differs from its code."""


def codec_of(request: Request) -> Codec:
    """Return the codec of the protocol of `request`."""
    if request.headers.get("smithy-protocol", "") == "rpc-v2-cbor":
        return CborCodec()
    if "x-amz-target" in request.headers:
        return JsonCodec()
    return QueryCodec()


class CborCodec:
    """smithy-rpc-v2-cbor: the operation is the end of the path, parameters and results are CBOR."""

    text = False

    def decode(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Decode operation and parameters; an empty body has no parameters."""
        operation = request.path.rpartition("/")[2]
        parameters = decode_cbor(request.body) if request.body else {}
        if not isinstance(parameters, dict):
            raise ApiError("SerializationException", "The body is not a CBOR map.")
        return operation, parameters

    def encode(self, operation: str, result: Mapping[str, Any], request: Request) -> Response:
        """Encode the result as a CBOR map."""
        return Response(200, encode_cbor(result), CBOR, {"smithy-protocol": "rpc-v2-cbor"})

    def error(self, error: ApiError, shape: str, request: Request) -> Response:
        """Put the shape into `__type`, and the code of the Query protocol into a header for clients that compare it."""
        fault = "Sender" if error.status < 500 else "Receiver"
        headers = {"smithy-protocol": "rpc-v2-cbor", "x-amzn-query-error": f"{error.code};{fault}"}
        body = encode_cbor({"__type": shape, "message": error.message, **error.fields})
        return Response(error.status, body, CBOR, headers)


class JsonCodec:
    """JSON 1.0: the operation in X-Amz-Target."""

    text = False

    def decode(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Decode operation and parameters."""
        try:
            parameters = orjson.loads(request.body or b"{}")
        except ValueError as error:
            raise ApiError("SerializationException", f"The body is not JSON: {error}") from None
        if not isinstance(parameters, dict):
            raise ApiError("SerializationException", "The body is not a JSON object.")
        return request.target, parameters

    def encode(self, operation: str, result: Mapping[str, Any], request: Request) -> Response:
        """Encode the result as a JSON object; times are epoch seconds."""
        return Response(200, json.dumps(result, default=datetime.timestamp).encode(), JSON_1_0)

    def error(self, error: ApiError, shape: str, request: Request) -> Response:
        """Put the shape into `__type`, and the code of the Query protocol into a header."""
        response = json_error(ApiError(shape, error.message, error.status, **error.fields), JSON_1_0)
        response.headers["x-amzn-query-error"] = (
            f"{error.code};{'Sender' if error.status < 500 else 'Receiver'}"
        )
        return response


class QueryCodec:
    """The Query protocol: a form with flattened names in, XML out."""

    text = True

    def decode(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Decode operation and parameters: `A.member.1.B=x` is {"A": [{"B": "x"}]}."""
        try:
            pairs = parse_qsl(request.body.decode() or request.query, keep_blank_values=True)
        except UnicodeDecodeError as error:
            raise ApiError("SerializationException", f"The body is not a form: {error}") from None
        form = dict(pairs)
        operation = form.pop("Action", "")
        form.pop("Version", None)
        tree: dict[str, Any] = {}
        for name, value in form.items():
            *parents, last = name.split(".")
            if len(parents) >= MAX_DEPTH:
                raise ApiError("MalformedQueryString", f"A name has more than {MAX_DEPTH} parts.")
            node = tree
            for part in parents:
                child = node.setdefault(part, {})
                if not isinstance(child, dict):
                    raise ApiError("MalformedQueryString", f"{name} is both a value and a structure.")
                node = child
            node[last] = value
        return operation, {name: _members(value) for name, value in tree.items()}

    def encode(self, operation: str, result: Mapping[str, Any], request: Request) -> Response:
        """Encode the result as XML."""
        body = (
            f'<{operation}Response xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">'
            f"<{operation}Result>{_xml(result)}</{operation}Result>"
            f"<ResponseMetadata><RequestId>{escape(request.request_id)}</RequestId></ResponseMetadata>"
            f"</{operation}Response>"
        )
        return Response(200, body.encode(), XML)

    def error(self, error: ApiError, shape: str, request: Request) -> Response:
        """Put the code into Error/Code."""
        return query_error(error, request.request_id)


def _members(node: object) -> object:
    """Convert {"member": {"1": …, "2": …}} to lists, recursively."""
    if not isinstance(node, dict):
        return node
    if set(node) == {"member"} and isinstance(node["member"], dict):
        numbered = node["member"]
        if all(_INDEX.fullmatch(index) for index in numbered):
            return [_members(numbered[index]) for index in sorted(numbered, key=int)]
    return {name: _members(value) for name, value in node.items()}


def _xml(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(member)}</{name}>" for name, member in value.items())
    if isinstance(value, list | tuple):
        return "".join(f"<member>{_xml(member)}</member>" for member in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(str(value))


def decode_cbor(data: bytes) -> Any:
    """Decode the data item in `data` with botocore's own parser.

    Raises:
        ApiError: SerializationException if it is not CBOR.
    """
    from botocore.parsers import BaseCBORParser

    parser = BaseCBORParser()
    try:
        return parser.parse_data_item(parser.get_peekable_stream_from_bytes(data))
    except Exception as error:
        # botocore raises arbitrary exceptions of its byte reading; all of them mean that this is not CBOR.
        raise ApiError("SerializationException", f"The body is not CBOR: {error}") from None


def encode_cbor(value: object) -> bytes:
    """Encode `value` in CBOR (RFC 8949). Times are tag 1 with a float, numbers with a fraction 8-byte floats.

    botocore can serialise CBOR only by the shape of a request; this encodes responses.

    Raises:
        TypeError: an unsupported type.
    """
    out = io.BytesIO()
    _cbor(value, out)
    return out.getvalue()


def _cbor(value: object, out: io.BytesIO) -> None:
    match value:
        case bool():
            out.write(b"\xf5" if value else b"\xf4")
        case int():
            out.write(_head(0, value) if value >= 0 else _head(1, -1 - value))
        case float():
            out.write(b"\xfb" + struct.pack(">d", value))
        case str():
            data = value.encode()
            out.write(_head(3, len(data)) + data)
        case datetime():
            out.write(b"\xc1\xfb" + struct.pack(">d", value.timestamp()))
        case Mapping():
            out.write(_head(5, len(value)))
            for name, member in value.items():
                _cbor(name, out)
                _cbor(member, out)
        case Sequence():
            out.write(_head(4, len(value)))
            for member in value:
                _cbor(member, out)
        case _:
            raise TypeError(f"no CBOR for {type(value).__name__}")


def _head(major: int, number: int) -> bytes:
    """Return initial byte and argument of a data item."""
    if number < 24:
        return bytes([major << 5 | number])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | info]) + number.to_bytes(size)
    raise TypeError(f"{number} does not fit in 64 bits")
