"""CloudFormation and Terraform files -> the flows that they hold, each with its place in the file.

Read are flows that stand in the file itself: as a block or a quoted string, through `!Sub`, `!Join` and their long
forms, in a heredoc, or in `jsonencode({…})`. A flow that the file only names (`file("main.json")`) is checked where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from busyhour.contracts.embedded import EmbeddedDocument, Piece, balanced, document_of, looks_whole, pieces
from busyhour.contracts.hcl import HclError, HclReader
from busyhour.contracts.joined import joined
from busyhour.contracts.sources import Source
from busyhour.flows.document import Document, DocumentError
from busyhour.flows.model import FlowType, Pointer
from busyhour.flows.positions import Lines, inner_offsets, scan

SUFFIXES = (".yaml", ".yml", ".template", ".tf", ".tftpl")
_MODULES = "AWS::Connect::ContactFlowModule"
_FLOWS = ("AWS::Connect::ContactFlow", _MODULES)
_TERRAFORM = re.compile(
    r'^[ \t]*resource\s+"(aws_connect_contact_flow(?:_module)?)"\s+"([^"]*)"', re.MULTILINE
)
_ENCODED = re.compile(r"\bjsonencode\s*\(\s*(?=\{)")
_ATTRIBUTE = re.compile(r'^[ \t]*(name|type)[ \t]*=[ \t]*"([^"\n]*)"', re.MULTILINE)
_CONTENT = re.compile(r"^(?P<indent>[ \t]*)(?:-[ \t]+)?[\"']?Content[\"']?[ \t]*:", re.MULTILINE)
_SIBLING = re.compile(r"(?P<indent>[ \t]*)[\"']?(?P<key>\w+)[\"']?[ \t]*:[ \t]*(?P<value>.*)")


def open_template(path: Path, label: str) -> list[Source]:
    """The flows in a template; empty where it holds none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    return flows_in_text(path, label, text)


def flows_in_text(path: Path, label: str, text: str) -> list[Source]:
    """The flows in the text of a template."""
    if "Actions" not in text:
        return []
    whole = list(joined(text)) if "Join" in text else []
    encoded = list(_encoded(path, label, text))
    taken = [*((one.start, one.end) for one in whole), *((start, end) for start, end, _ in encoded)]
    sources = [_source(path, label, text, piece) for piece in whole]
    sources += [
        _source(path, label, text, piece)
        for piece in pieces(text)
        if not any(start <= piece.start < end for start, end in taken)
    ]
    sources += [source for *_, source in encoded]
    return [one for one in sources if one is not None]


def _source(path: Path, label: str, text: str, piece: Piece) -> Source | None:
    envelope = _around(text, piece.start, piece.end)
    try:
        document = document_of(path, text, piece.content, piece.places, envelope)
    except DocumentError as error:
        # Only what is plainly meant to be a flow is worth a message.
        meant = '"StartAction"' in piece.content and '"Actions"' in piece.content
        return Source(label, None, error, _type(envelope)) if meant else None
    return Source(label, document, flow_type=_type(envelope)) if looks_whole(document) else None


def _type(envelope: Mapping[str, str]) -> FlowType | None:
    said = envelope.get("Type", "")
    return FlowType(said) if said in FlowType.__members__ else None


# ------------------------------------------------------------------------------------------------ what stands around


def _around(text: str, start: int, end: int) -> dict[str, str]:
    """Name and type that the template gives to the flow whose content lies there."""
    return _terraform_around(text, start, end) or _cloudformation_around(text, start, end)


def _terraform_around(text: str, start: int, end: int) -> dict[str, str]:
    header = None
    for header in _TERRAFORM.finditer(text, 0, start):  # noqa: B007  # the last one is wanted
        pass
    if header is None:
        return {}
    close = text.find("\n}", end)
    block = text[header.end() : start] + text[end : close if close >= 0 else len(text)]
    said = {key.capitalize(): value for key, value in _ATTRIBUTE.findall(block)}
    if header[1].endswith("_module"):
        said["Type"] = "MODULE"
    return {"Name": header[2], "Type": "CONTACT_FLOW", **said}


def _cloudformation_around(text: str, start: int, end: int) -> dict[str, str]:
    """Siblings of the key `Content`, and the type of the resource above it."""
    content = None
    for content in _CONTENT.finditer(text, 0, start):  # noqa: B007  # the last one is wanted
        pass
    if content is None:
        return {}
    indent = len(content["indent"])
    found: dict[str, str] = {}
    resource = ""
    for line in reversed(text[: content.start()].splitlines()):
        match = _SIBLING.match(line)
        if match is None or not line.strip():
            continue
        depth = len(match["indent"])
        if depth == indent:
            found.setdefault(match["key"], _plain(match["value"]))
        elif depth < indent:
            if match["key"] == "Type" and "AWS::" in match["value"]:
                resource = _plain(match["value"])
                break
            if depth == 0:
                break
    for line in text[end:].splitlines()[1:]:
        match = _SIBLING.match(line)
        if match is None or not line.strip():
            continue
        if len(match["indent"]) < indent:
            if match["key"] == "Type" and not resource:
                resource = _plain(match["value"])
            break
        if len(match["indent"]) == indent:
            found.setdefault(match["key"], _plain(match["value"]))
    envelope = {key: found[key] for key in ("Name", "Type") if found.get(key)}
    if resource == _MODULES:
        envelope["Type"] = "MODULE"
    return envelope


def _plain(value: str) -> str:
    """A YAML scalar without tag, quotes, comma and comment."""
    value = re.sub(r"\s+#.*", "", re.sub(r"^![\w:]+\s*", "", value.strip())).rstrip(",").strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


# ------------------------------------------------------------------------------------------------- jsonencode({...})


def _encoded(path: Path, label: str, text: str) -> Iterator[tuple[int, int, Source]]:
    """Where each flow in HCL lies, and the flow; one that cannot be read ends where the reading did."""
    for match in _ENCODED.finditer(text):
        reader = HclReader(text)
        envelope = {}
        try:
            data, end = reader.value(match.end())
        except HclError as error:
            if "StartAction" in text[match.end() : match.end() + 2000]:
                place = Lines(text).at(min(error.offset, len(text)))
                unread = DocumentError(f"cannot be read: {error.problem}", path, place)
                yield match.start(), error.offset, Source(label, None, unread)
            continue
        if isinstance(data, dict) and "StartAction" in data and isinstance(data.get("Actions"), list):
            envelope = _around(text, match.start(), end)
            document = EmbeddedDocument(path, text, data, offsets=reader.offsets, envelope=envelope)
            yield match.start(), end, Source(label, document, flow_type=_type(envelope))


# --------------------------------------------------------------------------------------------- templates in JSON


def flows_in_json(path: Path, label: str, document: Document) -> list[Source]:
    """The flows in a CloudFormation template that is JSON; empty where it is none, or holds none."""
    resources = document.data.get("Resources") if isinstance(document.data, dict) else None
    if not isinstance(resources, dict):
        return []
    text = document.text
    places = scan(text).values
    sources: list[Source] = []
    for name, resource in resources.items():
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        if not isinstance(properties, dict) or resource.get("Type") not in _FLOWS:
            continue
        pointer: Pointer = ("Resources", name, "Properties", "Content")
        joined = _joined(text, places, pointer, properties.get("Content"))
        if joined is None:
            continue
        content, offsets = joined
        said = {key: value for key in ("Name", "Type") if isinstance(value := properties.get(key), str)}
        envelope = {"Name": name, **said}
        if resource.get("Type") == _MODULES:
            envelope["Type"] = "MODULE"
        first = len(content) - len(content.lstrip())
        content, end = balanced(content, first)
        try:
            found = document_of(path, text, content, offsets[first : end + 1], envelope)
        except DocumentError as error:
            sources.append(Source(label, None, error, _type(envelope)))
        else:
            sources.append(Source(label, found, flow_type=_type(envelope)))
    return sources


def _joined(
    text: str, places: Mapping[Pointer, int], pointer: Pointer, value: Any
) -> tuple[str, Sequence[int]] | None:
    """The text that a value of a template comes to, with the place of each character; None where it is unknown."""
    if isinstance(value, str):
        return value, inner_offsets(text, places[pointer])
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((function, argument),) = value.items()
    if function == "Fn::Sub":
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            return argument[0], inner_offsets(text, places[(*pointer, function, 0)])
        return _joined(text, places, (*pointer, function), argument) if isinstance(argument, str) else None
    if (
        function == "Fn::Join"
        and isinstance(argument, list)
        and len(argument) == 2
        and isinstance(argument[1], list)
    ):
        separator = argument[0] if isinstance(argument[0], str) else ""
        made, offsets = "", []
        for at, part in enumerate(argument[1]):
            here = (*pointer, function, 1, at)
            inner = _joined(text, places, here, part)
            if inner is None:
                inner = "${" + str(next(iter(part.values()), "") if isinstance(part, dict) else "") + "}", ()
                inner = re.sub(r'["\\\s]', "_", inner[0]), [places[here]] * (len(inner[0]) + 1)
            between = separator if at else ""
            made += between + inner[0]
            offsets += [places[here]] * len(between) + list(inner[1])[: len(inner[0])]
        return made, [*offsets, places[pointer]]
    return None
