"""Flows in files of their own that a Terraform file declares: `content = file("main.json")`, `filename = "main.json"`.

The resource gives the flow its name and type, and the address by which other flows refer to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from busyhour.contracts.reading.containers import type_of
from busyhour.contracts.reading.source import Source
from busyhour.input_files import read_text

_RESOURCE = re.compile(
    r'^[ \t]*resource\s+"(aws_connect_contact_flow(?:_module)?)"\s+"([^"]*)"\s*\{(.*?)^\}',
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(
    r'^[ \t]*(?:content[ \t]*=[^\n"]*?\b(?:file|templatefile)[ \t]*\([ \t]*|filename[ \t]*=[ \t]*)"([^"\n]+)"',
    re.MULTILINE,
)
_ATTRIBUTE = re.compile(r'^[ \t]*(name|type)[ \t]*=[ \t]*"([^"\n$]*)"', re.MULTILINE)
_HERE = re.compile(r"\$\{path\.(?:module|root|cwd)\}/?")


def declarations(path: Path, text: str) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Yield each file that a resource of a Terraform file has as its content, with name, type and address."""
    if "aws_connect_contact_flow" not in text:
        return
    for match in _RESOURCE.finditer(text):
        kind, label, block = match.groups()
        named = _FILE.search(block)
        if named is None:
            continue
        file = _HERE.sub("", named[1])
        if "$" in file:
            continue
        given = {key.capitalize(): value for key, value in _ATTRIBUTE.findall(block)}
        envelope = {"Name": label, "Type": "CONTACT_FLOW", **given, "Resource": f"{kind}.{label}"}
        if kind.endswith("_module"):
            envelope["Type"] = "MODULE"
        yield (path.parent / file).resolve(), envelope


def declared(sources: Iterable[Source], templates: Iterable[Path]) -> tuple[Source, ...]:
    """Return the sources with what the Terraform files around them declare; what the file itself says is kept."""
    known: dict[Path, Mapping[str, str]] = {}
    for path in templates:
        try:
            text = read_text(path, encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            continue
        for file, envelope in declarations(path, text):
            known.setdefault(file, envelope)
    return tuple(_with(source, known) for source in sources) if known else tuple(sources)


def _with(source: Source, known: Mapping[Path, Mapping[str, str]]) -> Source:
    document = source.document
    if document is None or document.path is None or document.prefix:
        return source
    envelope = known.get(document.path.resolve())
    if envelope is None:
        return source
    document.envelope = {**envelope, **document.envelope}
    return replace(source, flow_type=source.flow_type or type_of(envelope))
