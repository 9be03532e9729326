"""A document to check, as it was read."""

from __future__ import annotations

from dataclasses import dataclass

from busyhour.flows.export.document import Document, DocumentError
from busyhour.flows.model import FlowType


@dataclass(frozen=True)
class Source:
    """One document to check, or why it is none. `label` is its path as the user wrote it."""

    label: str
    document: Document | None
    unreadable: DocumentError | None = None
    flow_type: FlowType | None = None
    """The flow's type, where the file around the flow says it."""
