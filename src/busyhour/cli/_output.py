"""The option of commands that print something unless they are told a file."""

from __future__ import annotations

from pathlib import Path

import click

output_option = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write here, not to standard output.",
)
