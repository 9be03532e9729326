"""The document is not a flow."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, json_kind, rule

_PARTS = (("Version", str, "a string"), ("StartAction", str, "a string"), ("Actions", list, "a list"))


@rule(
    id="not-a-flow",
    severity="error",
    summary="The document is not a flow",
    why="A flow is an object with Version, StartAction and a list of Actions.",
    fix="Export the flow in the Connect console, or save the Content that DescribeContactFlow returns.",
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
    scope="file",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The document is not a flow."""
    if flow.document is None:
        return
    data = flow.data
    if flow.not_convertible is not None:
        error = flow.not_convertible
        yield Problem(f"this old export cannot be read: {error.problem}", error.pointer, help=error.hint)
    elif data.__class__ is not dict:
        yield Problem(
            f"the document is {json_kind(data)}, not an object with Version, StartAction and Actions"
        )
    else:
        for key, wanted, words in _PARTS:
            if key not in data:
                yield Problem(f'the flow has no "{key}"')
            elif data[key].__class__ is not wanted:
                yield flow.problem(f'"{key}" is {json_kind(data[key])}, not {words}', key)
        if data.get("Metadata").__class__ not in (dict, type(None)):
            yield flow.problem(f'"Metadata" is {json_kind(data["Metadata"])}, not an object', "Metadata")
