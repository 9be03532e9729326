"""JSON in the way Lambda's Python runtime reads events and writes results.

The runtime writes with simplejson, which accepts more than the standard library: Decimal as a number with its
own digits, bytes in UTF-8 as text, named tuples and objects with `_asdict` as objects. NaN and Infinity are
written as these words, which is not JSON; the reader then fails. Runtimes before Python 3.12 escape all but
ASCII.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from busyhour.handlers.runtime.failures import FaultError

_ESCAPING = frozenset(f"AWS_Lambda_python3.{minor}" for minor in range(12))
_KEYS = "str, int, float, bool or None"


def unmarshalled(payload: bytes) -> Any:
    """Return the event in `payload`; an empty payload is an empty object.

    Raises:
        FaultError: the payload is not JSON.
    """
    if not payload:
        return {}
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise FaultError("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def marshalled(result: Any) -> bytes:
    """Return the response of a handler that returned `result`; bytes are unchanged.

    Raises:
        FaultError: a part of it cannot be represented in JSON.
        SystemExit: an unpaired surrogate, from Python 3.12 on; it ends Lambda's runtime too.
    """
    if isinstance(result, bytes):
        return result
    try:
        text = to_json(result)
    except Exception as error:  # iterating over the handler's own objects may raise anything
        raise FaultError("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise SystemExit(1) from None


def to_json(value: Any) -> str:
    """Return `value` as JSON text; NaN and Infinity as these words.

    Raises:
        TypeError: a value or a key cannot be represented in JSON.
        ValueError: the value contains itself, or bytes that are not UTF-8.
        RecursionError: the value is nested too deeply.
    """
    escaping = os.environ.get("AWS_EXECUTION_ENV", "AWS_Lambda_python3.11") in _ESCAPING
    quote: Callable[[str], str] = _ascii if escaping else encode_basestring
    return "".join(_parts(value, quote, set()))


def _parts(value: Any, quote: Callable[[str], str], above: set[int]) -> Iterator[str]:
    """Yield pieces of the text. `above` are the ids of the containers that `value` is in."""
    simple = _simple(value, quote)
    if simple is not None:
        yield simple
        return
    if id(value) in above:
        raise ValueError("Circular reference detected")
    above.add(id(value))
    as_dict = getattr(value, "_asdict", None)
    if isinstance(value, dict) or (not isinstance(value, list) and callable(as_dict)):
        members = value if isinstance(value, dict) else as_dict()  # type: ignore[misc]  # callable, see above
        start = "{"
        for key, inner in members.items():
            yield f"{start}{quote(_key(key))}: "
            yield from _parts(inner, quote, above)
            start = ", "
        yield "{}" if start == "{" else "}"
    elif isinstance(value, (list, tuple)):
        start = "["
        for inner in value:
            yield start
            yield from _parts(inner, quote, above)
            start = ", "
        yield "[]" if start == "[" else "]"
    else:
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    above.discard(id(value))


def _simple(value: Any, quote: Callable[[str], str]) -> str | None:
    """Return the text of a value without parts; None for any other value."""
    if isinstance(value, str):
        return quote(str.__str__(value))
    if isinstance(value, bytes):
        return quote(value.decode())
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return "NaN" if value.is_nan() else str(value)
    return None


def _number(value: float) -> str:
    if math.isfinite(value):
        return float.__repr__(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, bytes):
        return key.decode()
    if key is None or isinstance(key, (int, float)):
        return str(_simple(key, encode_basestring))
    raise TypeError(f"keys must be {_KEYS}, not {type(key).__name__}")


def _ascii(text: str) -> str:
    return encode_basestring_ascii(text).replace("\x7f", "\\u007f")
