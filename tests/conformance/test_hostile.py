"""A request with any values gets a response of its shape or a modelled error, and nothing fails inside."""

from __future__ import annotations

import json
import logging
import math
from functools import partial
from random import Random
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from hypothesis import strategies as st

from busyhour.emulator.cloudwatch.protocol_codecs import decode_cbor, encode_cbor

SERVICES = ["connect", "dynamodb", "execute-api", "lambda", "lex", "monitoring", "servicequotas", "sts"]
EXAMPLES = [1, pytest.param(600, marks=pytest.mark.slow)]
"""Spoilt requests to each operation."""

NUMBERS = (
    *(-1, 0, 1, 1.5, -0.0, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400),
    *(1e15, 1e308, 5e-324, math.nan, math.inf, -math.inf),
)
TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "a\ud83dz",
        "\U0001f4a9",
        "\u202ex",
        "e\u0301" * 30,
        "ß" * 70,
    ),
    *(
        "null",
        "NaN",
        "1e999",
        "-1",
        "0x10",
        "{}",
        "[",
        '"',
        "%",
        "%00",
        "../..",
        "a/b?c#d",
        "*",
        "(",
        "$",
        "a:b:c:d",
    ),
    *("AAAA", "eyJ4IjogMX0=", "MQ==", "LTE=", "//8=", "arn:", "arn:aws:::::", "$LATEST", "x" * 5_000),
    *("9999-99-99T99:99:99Z", "0001-01-01T00:00:00Z", "2026-01-01", "#a = :b AND", "SELECT", "size(", ":v"),
)
OTHERS = (None, True, False, [], {}, [None], [[]], {"": None}, {"S": "x"}, {"N": "x"}, {"x": {"y": [1]}})


def deep(levels):
    """Lists in lists."""
    value = []
    for _ in range(levels):
        value = [value]
    return value


def hostile(random):
    """One value that hardly any member takes."""
    kind = random.random()
    if kind < 0.02:
        return deep(random.choice((40, 500)))
    return random.choice(NUMBERS if kind < 0.4 else TEXTS if kind < 0.75 else OTHERS)


def places(value, path=()):
    """The path to each value inside a document, innermost and others."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


def spoil(document, random):
    """The document with one value in it replaced, or with a member that is new to it."""
    found = list(places(document))
    if not found or random.random() < 0.05:
        return {**document, "Unheard": hostile(random)} if isinstance(document, dict) else hostile(random)
    *path, last = random.choice(found)
    holder = document
    for step in path:
        holder = holder[step]
    number = isinstance(holder[last], int | float) and not isinstance(holder[last], bool)
    holder[last] = random.choice(NUMBERS) if number and random.random() < 0.7 else hostile(random)
    return document


def spoil_request(request, template, random):
    """Spoil the body of a request that botocore has made, or a name in its path (`template` has them in braces) or its query."""
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    kind = request.headers.get("Content-Type", b"")
    kind = kind.decode() if isinstance(kind, bytes) else kind
    address = urlsplit(request.url)
    named = [number for number, part in enumerate(template.partition("?")[0].split("/")) if "{" in part]
    in_url = bool(address.query) or bool(named)
    if in_url and (len(body) < 3 or random.random() < 0.3):
        request.url = urlunsplit(_spoilt_address(address, named, random))
        return
    if "cbor" in kind:
        body = _cbor(body, random)
    elif "form" in kind:
        body = _form(body, random)
    else:
        body = _json(body, random)
    if random.random() < 0.05:
        body = body[: random.randrange(len(body) + 1)]
    request.body = body
    del request.headers["Content-Length"]
    request.headers["Content-Length"] = str(len(body))


def _spoilt_address(address, named, random):
    text = quote(str(random.choice(TEXTS)).encode("utf-8", "surrogatepass"), safe="")
    if address.query and (not named or random.random() < 0.6):
        pairs = address.query.split("&")
        number = random.randrange(len(pairs))
        pairs[number] = (
            f"{pairs[number].partition('=')[0]}={random.choice((text, str(random.choice(NUMBERS))))}"
        )
        return address._replace(query="&".join(pairs))
    parts = address.path.split("/")
    parts[random.choice(named)] = text or "%20"
    return address._replace(path="/".join(parts))


def _json(body, random):
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return bytes(random.randrange(256) for _ in range(20))
    return json.dumps(spoil(document, random)).encode()


def _cbor(body, random):
    try:
        return encode_cbor(spoil(decode_cbor(body), random))
    except (OverflowError, UnicodeEncodeError, TypeError, ValueError):
        return body[: random.randrange(len(body) + 1)]  # CBOR itself cannot say it


def _form(body, random):
    pairs = body.split(b"&")
    number = random.randrange(len(pairs))
    text = quote(str(hostile(random)).encode("utf-8", "surrogatepass"), safe="").encode()
    pairs[number] = pairs[number].partition(b"=")[0] + b"=" + text
    return b"&".join(pairs)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("service", SERVICES)
def test_spoilt_requests_get_answers_or_modelled_errors(bench, caplog, rounds, service, examples):
    bench.problems.clear()
    sent = []

    def ask(operation, data):
        random = Random(data.draw(st.integers(0, 2**32)))
        model = bench.model(service, operation)
        shape, template = model.input_shape, model.http.get("requestUri", "/")
        drawn = {}
        if shape is not None:
            drawn = bench.requests.fill(shape, data.draw(bench.requests.of(shape)), random)
        asked = {**drawn, **bench.seeded(service, operation)}
        spoil = partial(spoil_request, template=template, random=random)
        sent.append(bench.ask_spoilt(service, operation, asked, spoil))

    rounds(ask, bench.operations(service), examples, 3)
    assert sum(sent) > 0.7 * len(sent)
    failures = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert not bench.problems, "\n".join(f"{place}: {problem}" for place, problem in bench.problems.items())
    assert not failures, failures
