"""busyhour convert: Turn an old console export into the 2019-10-30 format that Connect's API accepts."""

from __future__ import annotations

from pathlib import Path

import click

from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say


@click.command("convert")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_option
def command(file: Path, output: Path | None) -> None:
    """Turn an old console export into the 2019-10-30 format that Connect's API accepts.

    Values that the API would still reject, such as one that is blank in the export, are listed on standard error.

    Example: busyhour convert old-export -o flows/main.json
    """
    import json

    from busyhour.errors import BusyhourError
    from busyhour.flows.export.document import load
    from busyhour.flows.export.legacy import convert, is_legacy
    from busyhour.flows.export.reader import read

    document = load(file)
    if not is_legacy(document.data):
        read(document)
        raise BusyhourError(
            f"{file}: is in the 2019-10-30 format already", "Nothing to convert: use the file as it is."
        )
    text = json.dumps(convert(document).data, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        print_document(text, form="json")
        _say_what_is_refused(text, Path("converted"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BusyhourError(
            f"{output}: cannot be written: {error.strerror}", "Choose another place with -o."
        ) from None
    say(f"wrote {output}", err=True)
    _say_what_is_refused(text, output)


def _say_what_is_refused(text: str, label: Path) -> None:
    from busyhour.contracts.check import Checker
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.formats.text import line
    from busyhour.contracts.reading.source import Source
    from busyhour.contracts.reading.sources import Gathered
    from busyhour.flows.export.document import parse

    report = Checker().check(Gathered((Source(str(label), parse(text, label)),)))
    for finding in report.at_least(Severity.ERROR):
        say(line(finding), err=True)
