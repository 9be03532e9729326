"""A rest-json service's operations in botocore's model: routing and validation of requests.

The routes of all operations come from the model, so that an unsupported operation is named in the
response instead of being an unknown path.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from busyhour.emulator.messages import ApiError, Request
from busyhour.emulator.model.shapes import Check, ConstraintError, MalformedError, compile_shape

Codes = tuple[str, str]

_EITHER = ("InvalidParameterException", "InvalidRequestException")
_INSTEAD = {
    "ResourceNotFoundException": _EITHER,
    "InvalidParameterException": ("InvalidRequestException",),
    "InvalidRequestException": ("InvalidParameterException",),
    "DuplicateResourceException": ("ResourceConflictException", *_EITHER),
    "ResourceInUseException": ("ResourceConflictException", "InvalidRequestException"),
    "LimitExceededException": ("ServiceQuotaExceededException", "InvalidRequestException"),
    "ServiceQuotaExceededException": ("LimitExceededException", "InvalidRequestException"),
}
"""Error for operations that do not model one."""
_LABEL = ""
"""Key in the routing tree for a path segment that is a parameter."""


class Operation:
    """One operation: how its request is parsed and validated.

    Made from a botocore operation model. `parse` returns the members of the input shape by their API names.
    """

    __slots__ = (
        "_check",
        "_constraint",
        "_headers",
        "_malformed",
        "_numbers",
        "_queries",
        "errors",
        "labels",
        "name",
    )

    def __init__(self, model: Any, labels: tuple[str, ...], codes: Codes) -> None:
        self.name: str = model.name
        self.labels = labels
        self.errors = {shape.name: shape for shape in model.error_shapes}
        self._malformed = self._modelled(*codes)
        self._constraint = self._modelled(*reversed(codes))
        shape = model.input_shape
        self._check: Check | None = (
            compile_shape(_by_member_name(shape), drops=True) if shape is not None else None
        )
        self._queries = _queries(shape)
        self._numbers = frozenset(
            label for label in labels if shape.members[label].type_name in ("integer", "long")
        )
        self._headers = _headers(shape)

    def parse(self, request: Request, values: tuple[str, ...]) -> dict[str, Any]:
        """Parse the parameters of a request: path, query string, headers and body.

        Raises:
            ApiError: the body is not a JSON object, or a parameter violates the model; in an error that the
                operation models.
        """
        params = self._body(request)
        for name, value in zip(self.labels, values, strict=True):
            text = unquote(value)
            params[name] = self._from_query(name, "integer", [text]) if name in self._numbers else text
        if self._queries and request.query:
            given = parse_qs(request.query, keep_blank_values=True)
            for wire, (name, kind) in self._queries.items():
                if wire in given:
                    params[name] = self._from_query(wire, kind, given[wire])
        for wire, name in self._headers.items():
            if wire in request.headers:
                params[name] = request.headers[wire]
        try:
            if self._check is not None:
                self._check(params, "")
        except MalformedError as error:
            raise ApiError(self._malformed, str(error), 400) from None
        except ConstraintError as error:
            raise ApiError(self._constraint, str(error), 400) from None
        return params

    def in_model(self, error: ApiError) -> ApiError:
        """Return the error, or the one that the operation models in its place: few operations model every error."""
        for code in _INSTEAD.get(error.code, ()) if error.code not in self.errors else ():
            shape = self.errors.get(code)
            if shape is not None:
                status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
                return ApiError(code, error.message, status)
        return error

    def _body(self, request: Request) -> dict[str, Any]:
        if not request.body or request.method == "GET":
            return {}
        try:
            body = orjson.loads(request.body)
        except ValueError:
            raise ApiError(self._malformed, "The body of the request is not valid JSON.", 400) from None
        if not isinstance(body, dict):
            raise ApiError(self._malformed, "The body of the request is not a JSON object.", 400)
        return body

    def _from_query(self, wire: str, kind: str, given: list[str]) -> Any:
        if kind == "list":
            return given
        if kind in ("integer", "long"):
            try:
                return int(given[-1])
            except ValueError:
                raise ApiError(self._malformed, f"{wire} must be a whole number.", 400) from None
        if kind == "boolean":
            return given[-1] == "true"
        return given[-1]

    def _modelled(self, *codes: str) -> str:
        return next((code for code in codes if code in self.errors), codes[0])


class _Named:
    """A structure shape without its wire names: parameters are checked under their API names."""

    __slots__ = ("members", "name", "required_members", "type_name")

    def __init__(self, shape: Any) -> None:
        self.type_name = "structure"
        self.name = shape.name
        self.required_members = shape.required_members
        self.members = {name: _Member(member) for name, member in shape.members.items()}


class _Member:
    __slots__ = ("_shape", "serialization")

    def __init__(self, shape: Any) -> None:
        self._shape = shape
        self.serialization: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shape, name)


def _by_member_name(shape: Any) -> _Named:
    return _Named(shape)


def _headers(shape: Any) -> dict[str, str]:
    """Header in lower case -> member."""
    if shape is None:
        return {}
    return {
        member.serialization["name"].lower(): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }


def _queries(shape: Any) -> dict[str, tuple[str, str]]:
    """Query string name -> (member, type)."""
    if shape is None:
        return {}
    return {
        member.serialization.get("name", name): (name, member.type_name)
        for name, member in shape.members.items()
        if member.serialization.get("location") == "querystring"
    }


class OperationTable:
    """All operations of a service, routed by method and path; those in `served` compiled.

    Args:
        served: names of the supported operations.
        service: botocore's name of the service.
        codes: error of a malformed request, and of one that violates a constraint; if an operation
            models only one of them, that one is both.
    """

    def __init__(
        self,
        served: Iterable[str],
        service: str = "connect",
        codes: Codes = ("InvalidRequestException", "InvalidParameterException"),
    ) -> None:
        from botocore.model import ServiceModel

        self._tree: dict[str, Any] = {}
        self._fixed: dict[tuple[str, str], tuple[str, Operation | None, tuple[str, ...]]] = {}
        """Operations without path parameters, found at once."""
        wanted = set(served)
        description = _description(service)
        model = ServiceModel(description, service)
        self.operations: dict[str, Operation] = {}
        for name, raw in description["operations"].items():
            path, _, fixed = raw["http"]["requestUri"].partition("?")
            segments = [segment for segment in path.split("/") if segment]
            labels = tuple(segment[1:-1].rstrip("+") for segment in segments if segment.startswith("{"))
            node = self._tree
            for segment in segments:
                node = node.setdefault(_LABEL if segment.startswith("{") else segment, {})
            compiled = Operation(model.operation_model(name), labels, codes) if name in wanted else None
            if compiled is not None:
                self.operations[name] = compiled
            if fixed:
                node.setdefault(f" {raw['http']['method']}?", {})[fixed] = (name, compiled)
                continue
            node[f" {raw['http']['method']}"] = (name, compiled)
            if not labels:
                self._fixed[raw["http"]["method"], path] = (name, compiled, ())
        missing = wanted - set(self.operations)
        assert not missing, f"botocore's model of {service} has no {missing}"

    def find(
        self, method: str, path: str, query: str = ""
    ) -> tuple[str, Operation | None, tuple[str, ...]] | None:
        """Return (name, operation, path parameters) of a request; the operation is None if not supported.

        `query` is the request's query string: Lambda's model tells some operations apart by a fixed parameter alone.
        """
        known = self._fixed.get((method, path))
        if known is not None:
            return known
        segments = [segment for segment in path.split("/") if segment]
        values: list[str] = []
        node = self._walk(self._tree, segments, 0, values)
        found = node.get(f" {method}") if node is not None else None
        if query and node is not None and (told_apart := node.get(f" {method}?")) is not None:
            found = next((told_apart[one] for one in query.split("&") if one in told_apart), found)
        return None if found is None else (found[0], found[1], tuple(values))

    def _walk(
        self, node: dict[str, Any], segments: list[str], index: int, values: list[str]
    ) -> dict[str, Any] | None:
        if index == len(segments):
            return node
        literal = node.get(segments[index])
        if literal is not None and segments[index] != _LABEL:
            found = self._walk(literal, segments, index + 1, values)
            if found is not None:
                return found
        label = node.get(_LABEL)
        if label is None:
            return None
        values.append(segments[index])
        found = self._walk(label, segments, index + 1, values)
        if found is None:
            values.pop()
        return found


@cache
def _description(service: str) -> Any:
    """Return botocore's description of a service; read once, since it is up to 2 MB of JSON and never changes."""
    from botocore.loaders import Loader

    return Loader().load_service_model(service, "service-2")
