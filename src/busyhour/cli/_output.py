"""The option --output, shared by commands that print to standard output by default."""

from __future__ import annotations

from pathlib import Path

import click

output_option = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Output file instead of standard output.",
)
