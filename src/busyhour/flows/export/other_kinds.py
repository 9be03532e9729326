"""Kinds of files that are given where an exported flow is expected, recognised by their first words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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
_TOML_TABLE = re.compile(r"\[[A-Za-z][\w.\"-]*\][ \t]*(?:#.*)?\n")
_TOML = re.compile(r"^[ \t]*(?:\[[\w.\"-]+\]|[\w.-]+[ \t]*=)", re.MULTILINE)
_YAML = re.compile(r"^[ \t]*(?:- )?[\w\"-]+[ \t]*:(?: |$)", re.MULTILINE)


def kind_of_bytes(raw: bytes) -> str | None:
    """Return what a file is that is not text; None if it is not known."""
    return next((kind for mark, kind in _MARKS if raw.startswith(mark)), None)


def kind_of_text(text: str) -> str | None:
    """Return what a text is that is not JSON: `Terraform`, `a CloudFormation template`; None if it is not known."""
    begin = text.lstrip("\ufeff \t\r\n")[:_BEGINNING]
    if begin.startswith(("{", "[")):
        return "TOML" if _TOML_TABLE.match(begin) else None
    known = next((kind for mark, kind in _KINDS if mark.match(begin)), None)
    if known is not None:
        return known
    for pattern, kind in (
        (_TERRAFORM, "Terraform"),
        (_CLOUDFORMATION, "a CloudFormation template"),
        (_TOML, "TOML"),
        (_YAML, "YAML"),
    ):
        if pattern.search(begin):
            return kind
    return None


def kind_of_object(data: Mapping[str, Any]) -> str | None:
    """Return what a JSON object is that has no flow: `a CloudFormation template`; None if it is not known."""
    if "AWSTemplateFormatVersion" in data or isinstance(data.get("Resources"), dict):
        return "a CloudFormation template"
    if "terraform_version" in data or isinstance(data.get("resource"), dict):
        return "Terraform"
    if "ContactFlowSummaryList" in data or "ContactFlowModulesSummaryList" in data:
        return "a list of flows without their content"
    return None
