"""Markdown as plain text, for e-mail: tables with columns that line up, no marks. For our own documents only."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPED = re.compile(r"\\([\\|*\]!#>])")
_RULE = re.compile(r"^\|(?:\s*:?-+:?\s*\|)+$")


def plain(markdown: str) -> str:
    """The text of `markdown`: headings underlined, tables aligned, bold and code marks gone."""
    return "\n".join(line.rstrip() for line in _lines(markdown.splitlines())) + "\n"


def _lines(lines: list[str]) -> Iterator[str]:
    table: list[list[str]] = []
    right: list[bool] = []
    for line in [*lines, ""]:
        if line.startswith("|"):
            if _RULE.match(line):
                right = [cell.strip().endswith(":") for cell in line.strip("|").split("|")]
            else:
                table.append([_bare(cell.strip()) for cell in line[1:-1].split("|")])
            continue
        yield from _aligned(table, right)
        table = []
        heading = re.match(r"^(#+) (.*)$", line)
        if heading:
            title = _bare(heading.group(2))
            yield title
            yield ("=" if len(heading.group(1)) == 1 else "-") * len(title)
        else:
            yield _bare(line)


def _aligned(table: list[list[str]], right: list[bool]) -> Iterator[str]:
    rows = [row for row in table if any(row)]
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = zip(row, widths, right, strict=True)
        yield "  " + "  ".join(cell.rjust(width) if r else cell.ljust(width) for cell, width, r in cells)


def _bare(text: str) -> str:
    return _ESCAPED.sub(r"\1", text.replace("**", "").replace("`", "")).replace("&lt;", "<")
