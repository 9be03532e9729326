"""SSML contains a value from the caller or from a function."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import SPEAKING, FlowView, Problem, Reference, find, listed, rule

_FREE = frozenset(
    {"Attributes", "Case", "Customer", "DataTables", "External", "FlowAttributes", "Lex", "Modules"}
)
"""Roots whose values are any text."""


@rule(
    id="reference-in-ssml",
    severity="warning",
    summary="SSML contains a value from the caller or from a function",
    why="With & or < in the value the SSML is not well-formed and is not spoken; with tags it is another text.",
    fix="Play such values as Text, or have the function escape them and return the whole SSML.",
    source="Amazon Polly, reserved characters in SSML",
    group="security",
    types=SPEAKING,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """References to free text inside SSML; an SSML that is one reference as a whole is the function's own."""
    found: dict[tuple[int, tuple[str | int, ...]], list[str]] = {}
    for read in flow.reads:
        if read.pointer[-1] == "SSML" and read.reference.root in _FREE and not _plain(flow, read.reference):
            text = _at(flow.actions[read.action].raw, read.pointer)
            if text.strip() != read.reference.text:
                found.setdefault((read.action, read.pointer), []).append(read.reference.text)
    for (at, pointer), references in found.items():
        if flow.actions[at].type in SPEAKING:
            texts = list(dict.fromkeys(references))
            shown = listed(texts[:3] + ([f"{len(texts) - 3} more"] if len(texts) > 3 else []), "and")
            yield flow.problem(
                f"{shown} in SSML: a & or < in the value makes it invalid, tags in it are read as tags",
                *pointer,
                action=flow.actions[at],
            )


def _plain(flow: FlowView, reference: Reference) -> bool:
    """Whether the flows set the attribute, and only to fixed texts, digits and numbers of telephones."""
    if reference.root != "Attributes":
        return False
    given = flow.project.flow_set.attribute_values.get(".".join(reference.path), ())
    return bool(given) and not any(
        inner.root in _FREE for _, _, value in given if isinstance(value, str) for inner in find(value)
    )


def _at(value: object, pointer: tuple[str | int, ...]) -> str:
    """Return the text at the pointer, empty where there is none."""
    for part in pointer:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
    return value if isinstance(value, str) else ""
