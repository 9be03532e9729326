"""Flows in CloudFormation and Terraform files, each with its place in the file.

Supported are flows in the file itself: as a block or a quoted string, through `!Sub`, `!Join` and their long
forms, in a heredoc, in `jsonencode({…})`, or as YAML (`Fn::ToJsonString`). A flow that the file only refers to
(`file("main.json")`) is checked in its own file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from busyhour.contracts.reading.cfn_join import joined
from busyhour.contracts.reading.containers import MODULES, type_of
from busyhour.contracts.reading.embedded import EmbeddedDocument, Piece, document_of, looks_whole, pieces
from busyhour.contracts.reading.hcl import HclError, HclReader
from busyhour.contracts.reading.source import Source
from busyhour.flows.export.document import DocumentError
from busyhour.flows.export.positions import Lines
from busyhour.flows.model import FlowFormat
from busyhour.input_files import read_text

SUFFIXES = (".yaml", ".yml", ".template", ".tf", ".tftpl")
_YAML = (".yaml", ".yml", ".template")
_AS_YAML = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:StartAction|'StartAction')[ \t]*:", re.MULTILINE)
"""A key that only YAML can have: JSON would put it in double quotes."""

_TERRAFORM = re.compile(
    r'^[ \t]*resource\s+"(aws_connect_contact_flow(?:_module)?)"\s+"([^"]*)"', re.MULTILINE
)
_ENCODED = re.compile(r"\bjsonencode\s*\(\s*(?=\{)")
_MEANT = re.compile(rf"StartAction|\bActions\b|{FlowFormat.MODERN.value}")
"""Marks that only a flow has: text with one of them that cannot be read is reported."""
_ATTRIBUTE = re.compile(r'^[ \t]*(name|type)[ \t]*=[ \t]*"([^"\n]*)"', re.MULTILINE)
_CONTENT = re.compile(r"^(?P<indent>[ \t]*)(?:-[ \t]+)?[\"']?Content[\"']?[ \t]*:", re.MULTILINE)
_SIBLING = re.compile(r"(?P<indent>[ \t]*)[\"']?(?P<key>\w+)[\"']?[ \t]*:[ \t]*(?P<value>.*)")

_RESOURCE_ABOVE_CONTENT = 2
"""Keys around `Content` up to the resource: `Properties`, then its logical id."""


def open_template(path: Path, label: str) -> list[Source]:
    """Read the flows in a template; empty without any, and for a file that is not text.

    Raises:
        OSError: the file cannot be read, or is too large.
    """
    try:
        text = read_text(path, encoding="utf-8-sig")
    except UnicodeDecodeError:
        return []
    return flows_in_text(path, label, text)


def flows_in_text(path: Path, label: str, text: str) -> list[Source]:
    """Read the flows in the text of a template."""
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
    if path.suffix.lower() in _YAML and _AS_YAML.search(text):
        from busyhour.contracts.reading.yaml_flows import flows_in_yaml

        read = [*taken, *((piece.start, piece.end) for piece in pieces(text))]
        sources += flows_in_yaml(path, label, text, read)
    return [one for one in sources if one is not None]


def _source(path: Path, label: str, text: str, piece: Piece) -> Source | None:
    envelope = _around(text, piece.start, piece.end)
    try:
        document = document_of(path, text, piece.content, piece.places, envelope)
    except DocumentError as error:
        # Report only text that is clearly meant to be a flow.
        like_a_flow = '"Actions"' in piece.content and (
            '"StartAction"' in piece.content or FlowFormat.MODERN in piece.content
        )
        return Source(label, None, error, type_of(envelope)) if like_a_flow else None
    return Source(label, document, flow_type=type_of(envelope)) if looks_whole(document) else None


# ------------------------------------------------------------------------------------------------ context


def _around(text: str, start: int, end: int) -> dict[str, str]:
    """Return name and type that the template gives to the flow at this place."""
    return _terraform_around(text, start, end) or _cloudformation_around(text, start, end)


def _terraform_around(text: str, start: int, end: int) -> dict[str, str]:
    header = None
    for header in _TERRAFORM.finditer(text, 0, start):  # noqa: B007  # the last one is wanted
        pass
    if header is None:
        return {}
    close = text.find("\n}", end)
    block = text[header.end() : start] + text[end : close if close >= 0 else len(text)]
    given = {key.capitalize(): value for key, value in _ATTRIBUTE.findall(block)}
    if header[1].endswith("_module"):
        given["Type"] = "MODULE"
    address = f"{header[1]}.{header[2]}"
    return {"Name": header[2], "Type": "CONTACT_FLOW", **given, "Resource": address}


def _cloudformation_around(text: str, start: int, end: int) -> dict[str, str]:
    """Return siblings of the key `Content`, and the type of the resource above it."""
    content = None
    for content in _CONTENT.finditer(text, 0, start):  # noqa: B007  # the last one is wanted
        pass
    if content is None:
        return {}
    indent = len(content["indent"])
    found: dict[str, str] = {}
    resource = ""
    above = text[: content.start()].splitlines()
    for line in reversed(above):
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
    if resource in MODULES:
        envelope["Type"] = "MODULE"
    name = _logical_id(above, indent) if envelope or resource else ""
    return {**envelope, "Resource": name} if name else envelope


def _logical_id(above: list[str], indent: int) -> str:
    """Return the key two levels above the properties: the logical id of a resource; empty without one."""
    outer = 0
    for line in reversed(above):
        match = _SIBLING.match(line)
        if match is not None and len(match["indent"]) < indent:
            indent = len(match["indent"])
            outer += 1
            if outer == _RESOURCE_ABOVE_CONTENT:
                return match["key"]
    return ""


def _plain(value: str) -> str:
    """Return a YAML scalar without tag, quotes, comma and comment."""
    value = re.sub(r"\s+#.*", "", re.sub(r"^![\w:]+\s*", "", value.strip())).rstrip(",").strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


# ------------------------------------------------------------------------------------------------- jsonencode({...})


def _encoded(path: Path, label: str, text: str) -> Iterator[tuple[int, int, Source]]:
    """Return each flow in HCL with its place; one that cannot be read ends where reading stopped."""
    for match in _ENCODED.finditer(text):
        reader = HclReader(text)
        envelope = {}
        try:
            data, end = reader.value(match.end())
        except HclError as error:
            if _MEANT.search(text, match.end(), match.end() + 2000):
                place = Lines(text).at(min(error.offset, len(text)))
                unread = DocumentError(f"cannot be read: {error.problem}", path, place)
                yield match.start(), error.offset, Source(label, None, unread)
            continue
        if isinstance(data, dict) and "StartAction" in data and isinstance(data.get("Actions"), list):
            envelope = _around(text, match.start(), end)
            document = EmbeddedDocument(path, text, data, offsets=reader.offsets, envelope=envelope)
            yield match.start(), end, Source(label, document, flow_type=type_of(envelope))
