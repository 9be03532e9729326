"""File that an option names for a picture."""

from __future__ import annotations

from pathlib import Path


def check(file: Path, *, terminal: bool = False) -> None:
    """Check that a picture can be written to the file, before the calculation starts.

    Args:
        file: with the ending of its format.
        terminal: whether the command also draws in the terminal, for -.

    Raises:
        BusyhourError: the ending is of no format, or there is no such folder.
    """
    from busyhour import extras
    from busyhour.capacity.render.bottleneck_plot import FORMS
    from busyhour.errors import BusyhourError

    extras.require("report")
    if file.suffix[1:].lower() not in FORMS:
        raise BusyhourError(
            f"cannot write the plot to {str(file)!r}: its ending is not that of a picture",
            f"Let it end in .{' or .'.join(FORMS)}"
            f"{', or give - for a drawing in the terminal' if terminal else ''}.",
        )
    if not file.absolute().parent.is_dir():
        raise BusyhourError(
            f"cannot write the plot to {str(file)!r}: there is no such folder",
            "Name a file in a folder that exists.",
        )
