"""The flow has more than 256,000 characters."""

from __future__ import annotations

import json
from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

MAX_CHARACTERS = 256_000


@rule(
    id="content-too-long",
    severity="error",
    summary="The flow has more than 256,000 characters",
    why="CreateContactFlow rejects content that is longer.",
    fix="Save the flow without indentation, or move a part of it into a flow module.",
    source="AWS API reference, CreateContactFlow: Content is 1 to 256,000 characters",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The flow has more than 256,000 characters."""
    document = flow.document
    if document is None or flow.converted is not None or len(document.content) <= MAX_CHARACTERS:
        return
    length = len(document.content)
    smallest = len(json.dumps(flow.data, separators=(",", ":"), ensure_ascii=False))
    if smallest <= MAX_CHARACTERS:
        way_out = f"Without indentation it has {smallest:,} characters; save it that way."
    else:
        way_out = (
            f"Without indentation it still has {smallest:,} characters; move a part of it into a flow module."
        )
    yield Problem(f"the flow has {length:,} characters; at most {MAX_CHARACTERS:,} are allowed", help=way_out)
