"""Mutations of the text of a flow."""

from __future__ import annotations

import json
from collections.abc import Callable

from support.generated_flows.mutations.access import Data

TEXT_MUTATIONS: dict[str, tuple[str, Callable[[Data], str]]] = {
    "cut off": ("not-json", lambda flow: json.dumps(flow)[:-2]),
    "a comma too many": ("not-json", lambda flow: json.dumps(flow)[:-1] + ",}"),
    "single quotes": ("not-json", lambda flow: json.dumps(flow).replace('"', "'")),
    "a comment": ("not-json", lambda flow: "// exported\n" + json.dumps(flow)),
    "NaN": ("not-json", lambda flow: json.dumps({**flow, "Metadata": {"x": float("nan")}})),
    "nothing": ("not-json", lambda flow: ""),
    "Version twice": ("duplicate-key", lambda flow: '{"Version": "2019-10-30", ' + json.dumps(flow)[1:]),
    "Type twice": (
        "duplicate-key",
        lambda flow: json.dumps(flow).replace('"Type":', '"Type": "x", "Type":', 1),
    ),
    "a list": ("not-a-flow", lambda flow: json.dumps([flow])),
    "a string": ("not-a-flow", lambda flow: json.dumps(json.dumps(flow))),
}
"""Mutations of the text: name -> rule that must find it, and the broken text."""
