"""What templates write where a value goes in later; tolerated in ARNs, ids and enumerations unless `--strict`."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}|\{\{.*?\}\}|\{[A-Za-z][\w.:-]*\}|<<.*?>>|<[A-Za-z][\w .:-]*>|%[A-Za-z][\w.]*%|\[\[.*?\]\]"
    r"|(['\"])\s*\+\s*[\w.\[\]()]+\s*\+\s*\1"
)
"""`${x}`, `{{x}}`, `{X}`, `<<x>>`, `<x>`, `%x%`, `[[x]]` and, from the source text of a program, `' + x + '`, as seen in
published flows."""

_SHOUTED = re.compile(r"[\W\d_]*[A-Z][A-Z\d]*(?:[\W_]+[A-Z\d]+)+[\W_]*").fullmatch
"""`YOUR_QUEUE_ARN`, `ENTER THE FUNCTION HERE`: several words, all in capitals."""

_TOLD = re.compile(
    r"(?i)(?<![a-z])(?:enter|insert|select|choose|replace|specify|paste|your|here|placeholder|todo|changeme)(?![a-z])"
).search
"""`Enter a queue ARN`, `your-function`, `replace me`: says what somebody has to do."""

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


def stands_in(value: str) -> bool:
    """Whether a text is plainly none itself but says what to put there: by order, or by name (`sales-queue-arn`).

    Published exports have such texts where ids were before. A bare name (`Sales`) is none of them: it looks like what
    its writer took for an id.
    """
    if value.startswith(("arn:", "$")):
        return False
    if _SHOUTED(value) or _TOLD(value):
        return True
    *before, last = [word.lower() for word in _WORD(value)] or [""]
    return last in ("arn", "id") and not _KINDS.isdisjoint(before)
