"""Standard output and error of commands: every line is printed here, with foreign text as escapes."""

from __future__ import annotations

from typing import Any

import click

from busyhour.printable import json_text, printable, printable_lines


def say(text: str = "", *, err: bool = False, **style: Any) -> None:
    """Print one line; a newline in it is shown, not made. `style` as for `click.style`."""
    click.secho(printable(text), err=err, **style)


def print_document(text: str, *, form: str = "text") -> None:
    """Print a document that ends with a newline.

    Args:
        text: the document; each of its lines is one of ours, with foreign text in it made printable by its renderer.
        form: name of its format. What is inside the strings of JSON is escaped as JSON; XML, HTML and workflow commands have
            escapes of their own and are printed as they are.
    """
    shown = {"text": printable_lines, "markdown": printable_lines, "json": json_text}.get(form)
    click.echo(text if shown is None else shown(text), nl=False)
