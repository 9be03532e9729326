"""Errors in the shape of each AWS protocol, for services that share one and for unknown services."""

from __future__ import annotations

from xml.sax.saxutils import escape

import orjson

from busyhour.emulator.messages import JSON, JSON_1_0, JSON_1_1, ApiError, Request, Response

XML = "text/xml"
_FORM = "application/x-www-form-urlencoded"


def rest_json_error(error: ApiError, *, member: str = "message") -> Response:
    """Encode rest-json: the code in the header x-amzn-ErrorType, the message in the body."""
    body = orjson.dumps({member: error.message, **error.fields})
    return Response(error.status, body, JSON, {"x-amzn-errortype": error.code})


def json_error(error: ApiError, content_type: str = JSON_1_1) -> Response:
    """Encode JSON 1.0 and 1.1: the code in `__type`."""
    body = orjson.dumps({"__type": error.code, "message": error.message, **error.fields})
    return Response(error.status, body, content_type, {"x-amzn-errortype": error.code})


def query_error(error: ApiError, request_id: str) -> Response:
    """Encode the Query protocol: XML with the code in Error/Code."""
    fault = "Sender" if error.status < 500 else "Receiver"
    body = (
        f"<ErrorResponse><Error><Type>{fault}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>"
    )
    return Response(error.status, body.encode(), XML)


def error_in_kind(error: ApiError, request: Request) -> Response:
    """Encode `error` in the protocol that the request appears to use."""
    if "x-amz-target" in request.headers:
        version_1_0 = request.headers.get("content-type", "").startswith(JSON_1_0)
        return json_error(error, JSON_1_0 if version_1_0 else JSON_1_1)
    if request.headers.get("content-type", "").startswith(_FORM):
        return query_error(error, request.request_id)
    return rest_json_error(error)
