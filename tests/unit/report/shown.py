"""Reads sections as a reader does: tables by their headings, sentences in their order."""

from __future__ import annotations

from busyhour.report.blocks import Cell, Items, Section, Table, Text


def rows(section: Section | None, title: str = "") -> list[dict[str, Cell]]:
    """The rows of a section's table (of that title) by heading; none where the section or the table is not there."""
    tables = [block for block in section.blocks if isinstance(block, Table)] if section else []
    found = next((table for table in tables if table.title.startswith(title)), None)
    if found is None:
        return []
    headings = [column.title for column in found.columns]
    return [dict(zip(headings, row, strict=True)) for row in found.rows]


def texts(section: Section | None, title: str = "") -> list[dict[str, str]]:
    """The same without notes and tones."""
    return [{heading: cell.text for heading, cell in row.items()} for row in rows(section, title)]


def sentences(section: Section | None) -> list[str]:
    """Paragraphs and items, in their order."""
    found: list[str] = []
    for block in section.blocks if section else ():
        found += [block.text] if isinstance(block, Text) else block.items if isinstance(block, Items) else []
    return found
