"""Flows inside other documents: as a value, as a string, or inside a function of CloudFormation.

Known wrappers are templates (`Content`, also through `Fn::Sub`, `Fn::Join` and `Fn::ToJsonString`), the input
and output of the AWS CLI, Terraform's state and plan, and lists of exports; any other document is searched in
the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from busyhour.contracts.reading.embedded import EmbeddedDocument, balanced, document_of, looks_whole
from busyhour.contracts.reading.source import Source
from busyhour.flows.export.document import Document, DocumentError
from busyhour.flows.export.positions import Offsets, inner_offsets, scan
from busyhour.flows.model import FlowType, Pointer

MODULES = ("AWS::Connect::ContactFlowModule", "aws_connect_contact_flow_module")
FLOWS = ("AWS::Connect::ContactFlow", "aws_connect_contact_flow", *MODULES)
_NAMED = {"Name": "Name", "name": "Name", "Type": "Type", "type": "Type"}
_UNFIT = re.compile(r'["\\\s]+')


@dataclass(frozen=True, slots=True)
class FlowValue:
    """A value that contains a flow: its place, and name and type from the document around it.

    `declared` means that the document marks it as the content of a flow.
    """

    pointer: Pointer
    value: Any
    envelope: Mapping[str, str] = field(default_factory=dict)
    declared: bool = False


def flows_in_json(label: str, document: Document) -> list[Source]:
    """Return the flows in a JSON document that is not a flow itself; empty without any."""
    if document.prefix:  # the content of one describe response is one flow, however broken
        return []
    places = scan(document.text)
    return [
        source
        for one in flow_values(document.data)
        if (source := _source(label, document, places, one)) is not None
    ]


def flow_values(value: Any) -> Iterator[FlowValue]:
    """Yield every value in a document that is a flow, or a text that may contain one."""
    waiting = [FlowValue((), value)]
    while waiting:
        one = waiting.pop()
        if (
            _is_flow(one.value)
            or one.value.__class__ is str
            or _function(one.value) in ("Fn::Sub", "Fn::Join")
        ):
            yield one
        elif isinstance(one.value, dict):
            waiting += reversed(list(_members(one)))
        elif isinstance(one.value, list):
            inner = [
                FlowValue((*one.pointer, at), item, one.envelope, one.declared)
                for at, item in enumerate(one.value)
            ]
            waiting += reversed(inner)


def _members(one: FlowValue) -> Iterator[FlowValue]:
    envelope = dict(one.envelope)
    named = {_NAMED[key]: text for key, text in one.value.items() if key in _NAMED and isinstance(text, str)}
    kind = named.pop("Type", "")
    envelope |= named
    if kind in MODULES:
        envelope["Type"] = FlowType.MODULE.value
    elif kind in FlowType.__members__:
        envelope.setdefault("Type", kind)
    content = one.declared or kind in FLOWS
    for key, member in one.value.items():
        named = {"Name": key, "Resource": key} if one.pointer == ("Resources",) else {}
        yield FlowValue((*one.pointer, key), member, envelope | named, content and key not in _NAMED)


def _is_flow(value: Any) -> bool:
    return isinstance(value, dict) and "StartAction" in value and isinstance(value.get("Actions"), list)


def _source(label: str, document: Document, places: Offsets, one: FlowValue) -> Source | None:
    kind = type_of(one.envelope)
    path, text = document.path, document.text
    assert path is not None  # a search for wrapped flows has a file, or a name for its text
    if _is_flow(one.value):
        made = EmbeddedDocument(
            path, text, plain(one.value), offsets=below(places, one.pointer), envelope=one.envelope
        )
        return Source(label, made, flow_type=kind)
    if isinstance(one.value, str) and "StartAction" not in one.value:
        return None
    content, offsets = _joined(text, places.values, one.pointer, one.value) or ("", ())
    if not ('"StartAction"' in content and '"Actions"' in content):
        return None
    first = len(content) - len(content.lstrip())
    if content[first : first + 1] != "{":
        return None
    content, end = balanced(content, first)
    try:
        found = document_of(path, text, content, offsets[first : end + 1], one.envelope)
    except DocumentError as error:
        return Source(label, None, error, kind) if one.declared else None
    return Source(label, found, flow_type=kind) if looks_whole(found) else None


def type_of(envelope: Mapping[str, str]) -> FlowType | None:
    """Return the flow's type given by the document around it."""
    named = envelope.get("Type", "")
    return FlowType(named) if named in FlowType.__members__ else None


def below(places: Offsets, pointer: Pointer) -> Offsets:
    """Return the offsets inside the value at `pointer`, by pointers relative to it."""
    size = len(pointer)
    return Offsets(
        {p[size:]: at for p, at in places.values.items() if p[:size] == pointer},
        {p[size:]: at for p, at in places.keys.items() if p[:size] == pointer},
        [p[size:] for p in places.duplicates if p[:size] == pointer],
    )


def plain(value: Any) -> Any:
    """Replace functions of CloudFormation by placeholders for their results."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if (function := _function(value)) is not None:
        return placeholder(function, value[function])
    return {key: plain(member) for key, member in value.items()}


def placeholder(function: str, argument: Any) -> str:
    """Return the placeholder for a function: the text of `Fn::Sub` itself, the names in braces for all others."""
    if function == "Fn::Sub":
        text = argument[0] if isinstance(argument, list) and argument else argument
        if isinstance(text, str):
            return text
    names = argument if isinstance(argument, list) else [argument]
    words = ".".join(one for one in names if isinstance(one, str))
    return "${" + _UNFIT.sub("_", words or function).replace("}", "") + "}"


def _function(value: Any) -> str | None:
    """Return the function of CloudFormation in a value; None for any other value."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    (key,) = value
    is_one = isinstance(key, str) and (key == "Ref" or key.startswith("Fn::")) and key != "Fn::ToJsonString"
    return key if is_one else None


def _joined(
    text: str, places: Mapping[Pointer, int], pointer: Pointer, value: Any
) -> tuple[str, Sequence[int]] | None:
    """Return the joined text of a template value, with the place of each character; None if unknown."""
    if isinstance(value, str):
        return value, inner_offsets(text, places[pointer])
    function = _function(value)
    argument = value[function] if function is not None else None
    if function == "Fn::Sub":
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            return argument[0], inner_offsets(text, places[(*pointer, function, 0)])
        return _joined(text, places, (*pointer, function), argument) if isinstance(argument, str) else None
    if not (
        function == "Fn::Join"
        and isinstance(argument, list)
        and len(argument) == 2
        and isinstance(argument[1], list)
    ):
        return None
    separator = argument[0] if isinstance(argument[0], str) else ""
    made, offsets = "", []
    for at, part in enumerate(argument[1]):
        here = (*pointer, function, 1, at)
        inner = _joined(text, places, here, part)
        if inner is None:
            named = placeholder(*next(iter(part.items()))) if isinstance(part, dict) and part else "${}"
            inner = named, [places[here]] * (len(named) + 1)
        between = separator if at else ""
        made += between + inner[0]
        offsets += [places[here]] * len(between) + list(inner[1])[: len(inner[0])]
    return made, [*offsets, places[pointer]]
