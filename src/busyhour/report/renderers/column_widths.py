"""Widths of the columns of a table that has room for a number of characters."""

from __future__ import annotations

from busyhour.report.blocks import Column, Table

_WHOLE = (14, 8)
"""A figure up to the first length is kept on one line where there is room for all columns, else up to the second."""
_LONGEST_WORD, _NARROWEST = 26, 8
"""A longer word is broken; columns of words are not made narrower than the second where room is short."""


def column_widths(table: Table, room: int) -> list[int]:
    """Characters of each column: its longest word at least, the rest of `room` for those with longer texts.

    The sum is above `room` only where even the narrowest columns do not fit.
    """
    texts = [
        [text for row in table.rows for text in (row[at].text, *(f"({note.text})" for note in row[at].notes))]
        for at in range(len(table.columns))
    ]
    for longest in _WHOLE:
        least = [_least(column, of, longest) for column, of in zip(table.columns, texts, strict=True)]
        if sum(least) <= room:
            break
    most = [max(low, *map(len, of)) for low, of in zip(least, texts, strict=True)]
    most = [max(high, 0 if c.right else len(c.title)) for high, c in zip(most, table.columns, strict=True)]
    spare, wanted = room - sum(least), sum(most) - sum(least)
    if spare >= wanted:
        return most
    if spare > 0:
        return [low + spare * (high - low) // wanted for low, high in zip(least, most, strict=True)]
    while sum(least) > room and max(least) > _NARROWEST:
        least[least.index(max(least))] -= 1
    return least


def _least(column: Column, texts: list[str], longest: int) -> int:
    """Longest word of a column, or longest figure where that has at most `longest` characters."""
    whole = [text for text in texts if column.right and len(text) <= longest]
    words = [word for text in (column.title, *texts) for word in text.split()]
    return min(max(map(len, (*whole, *words, "-"))), _LONGEST_WORD)
