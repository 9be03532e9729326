"""Mutations of inputs: of values in JSON, of lines in text, of bytes in anything; all drawn from one `random.Random`."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

HOSTILE: Sequence[Any] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**64), 10**18, 10**400, 1e308, -1e308, 5e-324, -0.0, 0.5),
    *(
        "",
        " ",
        "\0",
        "nan",
        "1e999",
        "-1",
        "0",
        "x" * 5000,
        "\u202eabc",
        "\x1b[31m",
        "::warning::x\ny",
        "[/de]",
    ),
    *(
        "$.Attributes.x",
        "$.External.",
        "${a}",
        "{{x}}",
        "../../x",
        "/dev/zero",
        "2026-02-31T25:61:61Z",
        "é" * 300,
    ),
    *([], {}, [[]], [None], {"": None}, [1, "a", {}], {"a": {"b": {"c": []}}}),
    *(
        "arn:aws:connect:",
        "123456789012",
        "L-12AB7C57",
        "2019-10-30",
        "MessageParticipant",
        "true",
        "9" * 5000,
    ),
)
LITERALS = (
    *(
        "nan",
        "inf",
        "-inf",
        "1e308",
        "-1e308",
        "0",
        "-1",
        "1e-320",
        "1e18",
        "9223372036854775808",
        "9" * 5000,
    ),
    *(
        '""',
        '"x"',
        '"1e18s"',
        '"-1s"',
        '"nans"',
        '"0s"',
        '"1e308h"',
        "true",
        "[]",
        "{}",
        "[[[]]]",
        "{ a = {} }",
    ),
    *(
        "2026-11-30",
        "00:00:00",
        "'''",
        '"""',
        "[" * 500,
        "0x",
        "1_000",
        "+1",
        '"\\u0000"',
        '"[/de]"',
        "[nan]",
    ),
)
PIECES = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b":",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\n",
        b"\r",
        b"\\",
        b"&a ",
    ),
    *(
        b"*a",
        b"<<: *a",
        b"!!python/object:os.system ",
        b"${",
        b"%{",
        b"/*",
        b"#",
        b"//",
        b"<<EOT\n",
        b"jsonencode({",
    ),
    *(
        b"Fn::Join:",
        b"!Sub ",
        b"- ",
        b"1e999",
        b"NaN",
        b"\\ud800",
        b"[" * 300,
        b'{"a":' * 300,
        b"a." * 300,
        b"=\n",
    ),
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"9" * 400,
        b"\x1b]0;x\x07",
        b"---\n",
        b"? ",
        b"| ",
        b"> ",
        b"'''",
        b"[[x]]\n",
    ),
)


def mutate(raw: bytes, kind: str, draw: random.Random) -> bytes:
    """Return `raw` with one to four changes; `kind` is `json`, `jsonl`, `toml`, or anything else for bytes alone."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        change = draw.random()
        if kind == "json" and change < 0.7:
            raw = _values(raw, draw)
        elif kind in ("toml", "csv", "jsonl", "text") and change < 0.7:
            raw = _lines(raw, draw)
        else:
            raw = draw.choice(BYTES)(raw, draw)
    return raw[:2_000_000]


# ------------------------------------------------------------------------------------------------------ JSON


def _values(raw: bytes, draw: random.Random) -> bytes:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict | list):
        return draw.choice(BYTES)(raw, draw)
    places = list(_places(data))
    if not places:
        return json.dumps(draw.choice(HOSTILE)).encode()
    holder, key = draw.choice(places)
    way = draw.random()
    if way < 0.55:
        holder[key] = draw.choice(HOSTILE)
    elif way < 0.7:
        del holder[key]
    elif way < 0.8:
        other, name = draw.choice(places)
        holder[key] = json.loads(_dumped(other.get(name) if isinstance(other, dict) else None))
    elif way < 0.85:
        nested: Any = holder[key]
        for _ in range(draw.choice((3, 60, 120, 254, 900))):
            nested = [nested] if draw.random() < 0.5 else {"a": nested}
        text = json.dumps("@@@")
        holder[key] = "@@@"
        return _dumped(data).replace(text, _deep(nested), 1).encode("utf-8", "surrogatepass")
    elif isinstance(holder, dict):
        holder[str(draw.choice(HOSTILE))[:200]] = holder.pop(key)
    else:
        holder.extend([holder[key]] * draw.choice((1, 2, 50)))
    return _dumped(data).encode("utf-8", "surrogatepass")


def _places(data: Any) -> Any:
    """Yield container and key of every value; the containers of long lists only in part."""
    waiting = [data]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 30))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])


def _dumped(data: Any) -> str:
    try:
        return json.dumps(data, ensure_ascii=False)
    except (ValueError, RecursionError):  # an integer of too many digits
        return "[" + "9" * 5000 + "]"


def _deep(nested: Any) -> str:
    opening, closing = [], []
    while isinstance(nested, list | dict) and len(nested) == 1:
        if isinstance(nested, list):
            opening.append("[")
            closing.append("]")
            nested = nested[0]
        else:
            key = next(iter(nested))
            opening.append("{" + json.dumps(key) + ":")
            closing.append("}")
            nested = nested[key]
    return "".join(opening) + _dumped(nested) + "".join(reversed(closing))


# ------------------------------------------------------------------------------------------------------ lines


def _lines(raw: bytes, draw: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at = draw.randrange(len(lines))
    way = draw.random()
    line = lines[at]
    if way < 0.6 and b"=" in line:
        lines[at] = line.partition(b"=")[0] + b"= " + draw.choice(LITERALS).encode()
    elif way < 0.6 and b"," in line:
        fields = line.split(b",")
        fields[draw.randrange(len(fields))] = str(
            draw.choice(HOSTILE) if draw.random() < 0.5 else "1e18"
        ).encode()[:6000]
        lines[at] = b",".join(fields)
    elif way < 0.7:
        del lines[at]
    elif way < 0.8:
        lines.insert(draw.randrange(len(lines)), line)
    elif way < 0.9:
        lines[at] = (
            _values(line, draw) if line[:1] in b"{[" and line else line[: draw.randrange(len(line) + 1)]
        )
    else:
        other = draw.randrange(len(lines))
        lines[at], lines[other] = lines[other], line
    return b"\n".join(lines)


# ------------------------------------------------------------------------------------------------------ bytes


def _flip(raw: bytes, draw: random.Random) -> bytes:
    made = bytearray(raw)
    for _ in range(draw.choice((1, 2, 8))):
        if made:
            made[draw.randrange(len(made))] = draw.randrange(256)
    return bytes(made)


def _insert(raw: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(raw) + 1)
    return raw[:at] + draw.choice(PIECES) * draw.choice((1, 1, 1, 3, 100)) + raw[at:]


def _cut(raw: bytes, draw: random.Random) -> bytes:
    return raw[: draw.randrange(len(raw) + 1)]


def _remove(raw: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(raw) + 1)
    return raw[:at] + raw[at + draw.choice((1, 1, 3, 20, 500)) :]


def _repeat(raw: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(raw) + 1)
    piece = raw[at : at + draw.choice((1, 5, 40, 400))]
    return raw[:at] + piece * draw.choice((2, 3, 50)) + raw[at:]


BYTES: Sequence[Callable[[bytes, random.Random], bytes]] = (_flip, _insert, _insert, _cut, _remove, _repeat)
