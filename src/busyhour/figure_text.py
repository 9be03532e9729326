"""Foreign names in matplotlib figures: as they are written, also where matplotlib would read more into them."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

from busyhour.printable import printable


def label(name: str) -> str:
    """Return a name as a label.

    matplotlib reads a pair of dollar signs as a formula, and leaves labels that begin with an underscore out of legends.
    """
    shown = printable(name).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


@contextlib.contextmanager
def any_script() -> Iterator[None]:
    """Save a figure without a warning about characters that matplotlib's own font lacks, as of Korean.

    In SVG they are text, which is shown in a font of the reader's.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield
