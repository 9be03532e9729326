"""Foreign text in output: names, identifiers, paths and messages that come from files and from other programs.

A control character in them would move the cursor, colour or clear a terminal; a newline would begin a line of its own; a line
that begins with `::warning::`, or contains `##[error]`, is a command to the CI that prints it; directional characters show
text in another order than it has. `printable` replaces all of them by escapes, so that the text stays on its line and shows
what it contains.
"""

from __future__ import annotations

import logging
import re

_UNSAFE = re.compile(
    # C0 and C1 controls, line and paragraph separators, directional and invisible characters, lone surrogates, and
    # tags (U+E0000), which can hide text.
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_UNSAFE_IN_JSON = re.compile(f"(?!\\n){_UNSAFE.pattern}")
_COMMAND_IN_JSON = re.compile(r"#(?=#\w*\[)")
_COMMAND = re.compile(r"(?:(?<=\s)|^):(?=:)|#(?=#\w*\[)")
"""Begin of a workflow command: `::name::` at the start of a line (or of a word, which may be wrapped to it), `##[name]` and
`##vso[` anywhere (GitHub and Azure runners), `##teamcity[`."""
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """Return foreign text as one line without control characters and workflow commands; other text is unchanged."""
    if text.isascii() and text.isprintable() and ":" not in text and "#" not in text:
        return text
    return _COMMAND.sub(lambda found: f"\\x{ord(found[0]):02x}", _UNSAFE.sub(_escape, text))


def printable_lines(text: str) -> str:
    """Return text of several lines of our own, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))


class PrintableFormatter(logging.Formatter):
    """Formats records of a log as its base does, with foreign text in message and traceback made printable."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines, each of them printable."""
        return printable_lines(super().format(record))


def json_text(text: str) -> str:
    """Return a JSON document that has no such characters: those inside its strings are escaped as JSON does."""
    plain = _UNSAFE_IN_JSON.sub(lambda found: _json_escape(found[0]), text)
    return _COMMAND_IN_JSON.sub(lambda found: _json_escape(found[0]), plain)


def _json_escape(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def markdown(text: str) -> str:
    """Return foreign text for Markdown, within a line or a table's cell: it makes no link, no HTML, no emphasis, no row.

    Backticks and underscores stay, since texts of our own use them; they make code and italics, no more.
    """
    shown = re.sub(r"([\\\\|*]|\](?=[(\[:])|!(?=\[))", r"\\\1", printable(text)).replace("<", "&lt;")
    return f"\\{shown}" if shown.startswith(("#", ">")) else shown


def workflow_data(text: str) -> str:
    """Return foreign text as the message of a workflow command of GitHub."""
    return printable(text).replace("%", "%25")


def workflow_property(text: str) -> str:
    """Return foreign text as a property of a workflow command of GitHub, such as `title=…`."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
