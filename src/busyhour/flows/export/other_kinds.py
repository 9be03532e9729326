"""Kinds of files that are given where an exported flow is expected, recognised by their first words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from busyhour.input_files import parse_toml

_BEGINNING = 65_536
"""Characters that are looked at."""
_MARKS = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_KINDS = (
    (re.compile(r"(?i)<(?:!doctype\s+html|html)\b"), "an HTML page"),
    (re.compile(r"<"), "XML"),
)
_TERRAFORM = re.compile(
    r'^[ \t]*(?:resource|data|module|variable|locals|provider|terraform|output)\b[ \t"\w-]*\{', re.MULTILINE
)
_CLOUDFORMATION = re.compile(r"^(?:AWSTemplateFormatVersion|Resources|Transform)[ \t]*:", re.MULTILINE)
_TOML = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[ \t]*(?:\[[A-Za-z][\w.\"-]*\][ \t]*(?:#.*)?\n|[\w.\"-]+[ \t]*=)")
_YAML = re.compile(r"""---|(?:- )?["']?[\w.-]+["']?[ \t]*:(?:[ \t]|$)|- |[ \t]|#|$""")
"""Beginning of every line of a YAML document with keys; prose and programs have other lines too."""
_KEY = re.compile(r"[\w\"'.-]+[ \t]*:(?:[ \t]|$)")


def kind_of_bytes(raw: bytes) -> str | None:
    """Return what a file is that is not text; None if it is not known."""
    return next((kind for mark, kind in _MARKS if raw.startswith(mark)), None)


def kind_of_text(text: str) -> str | None:
    """Return what a text is that is not JSON: `Terraform`, `a CloudFormation template`; None if it is not known."""
    begin = text.lstrip("\ufeff \t\r\n")[:_BEGINNING]
    if _TOML.match(begin) and _is_toml(text):
        return "TOML"
    if begin.startswith(("{", "[")):
        return None
    known = next((kind for mark, kind in _KINDS if mark.match(begin)), None)
    if known is not None:
        return known
    for pattern, kind in (
        (_TERRAFORM, "Terraform"),
        (_CLOUDFORMATION, "a CloudFormation template"),
    ):
        if pattern.search(begin):
            return kind
    lines = begin.split("\n")[:1000]
    keys = sum(_KEY.match(line) is not None for line in lines)
    return "YAML" if keys and len(lines) > 1 and all(map(_YAML.match, lines)) else None


def _is_toml(text: str) -> bool:
    try:
        parse_toml(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def kind_of_object(data: Mapping[str, Any]) -> str | None:
    """Return what a JSON object is that has no flow: `a CloudFormation template`; None if it is not known."""
    if "AWSTemplateFormatVersion" in data or isinstance(data.get("Resources"), dict):
        return "a CloudFormation template"
    if "terraform_version" in data or isinstance(data.get("resource"), dict):
        return "Terraform"
    if "ContactFlowSummaryList" in data or "ContactFlowModulesSummaryList" in data:
        return "a list of flows without their content"
    return None
