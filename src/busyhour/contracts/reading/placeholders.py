"""Placeholders of templates for values filled in later.

Tolerated in ARNs, ids and enumerations unless `--strict`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}|\{\{.*?\}\}|\{[A-Za-z][\w.:-]*\}|<<.*?>>|<[A-Za-z][\w .:-]*>|%[A-Za-z][\w.]*%|\[\[.*?\]\]"
    r"|(['\"])\s*\+\s*[\w.\[\]()]+\s*\+\s*\1"
)
"""`${x}`, `{{x}}`, `{X}`, `<<x>>`, `<x>`, `%x%`, `[[x]]` and, from the source text of a program, `' + x + '`,
as seen in published flows."""

_SHOUTED = re.compile(r"[\W\d_]*[A-Z][A-Z\d]*(?:[\W_]+[A-Z\d]+)+[\W_]*").fullmatch
"""`YOUR_QUEUE_ARN`, `ENTER THE FUNCTION HERE`: several words, all in capitals."""

_TOLD = re.compile(
    r"(?i)(?<![a-z])(?:enter|insert|select|choose|replace|specify|paste|your|here|placeholder|todo|changeme)(?![a-z])"
).search
"""`Enter a queue ARN`, `your-function`, `replace me`: an instruction to the reader."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+").findall
_KINDS = frozenset(
    {
        "agent",
        "alias",
        "assistant",
        "bot",
        "flow",
        "function",
        "hours",
        "lambda",
        "module",
        "prompt",
        "queue",
        "view",
    }
)


def describes_a_value(value: str) -> bool:
    """Whether a text describes a value instead of being one: by instruction, or by name (`sales-queue-arn`).

    Published exports have such texts in place of ids. A bare name (`Sales`) is not one: it looks like a
    value that its writer took for an id.
    """
    if value.startswith(("arn:", "$")):
        return False
    if _SHOUTED(value) or _TOLD(value):
        return True
    *before, last = [word.lower() for word in _WORD(value)] or [""]
    return last in ("arn", "id") and not _KINDS.isdisjoint(before)


_EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_ADDRESS = re.compile(r"aws_connect_contact_flow(?:_module)?\.[\w-]+")
_KEY = re.compile(r"\[\s*['\"]([^'\"]+)['\"]\s*\]")


def named_by_template(value: str) -> Iterator[tuple[str, str]]:
    """Yield the resource and the key in brackets, empty without one, of each expression of a template."""
    for expression in _EXPRESSION.findall(value):
        address, key = _ADDRESS.search(expression), _KEY.search(expression)
        resource = address[0] if address is not None else expression.strip().partition(".")[0]
        yield resource, key[1] if key is not None else ""
