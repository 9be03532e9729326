"""The text readers under atheris, which mutates by coverage: `python tests/fuzz/text_readers.py -runs=100000 -seed=1`.

Needs the extra `fuzz` (`pip install 'busyhour[fuzz]'`). Every text must be read or rejected with an error of the reader's
own; libFuzzer ends at the first exception, at a text that takes longer than `-timeout`, and at `-rss_limit_mb` of memory.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["busyhour.contracts.reading", "busyhour.flows.export", "busyhour.input_files"]
):
    from busyhour.contracts.reading.fast_path import quick
    from busyhour.contracts.reading.templates import flows_in_text
    from busyhour.flows.export.document import DocumentError, parse
    from busyhour.input_files import parse_json, parse_toml

FILES = ("flow.json", "main.tf", "template.yaml", "values.json", "scenario.toml")


def one(data: bytes) -> None:
    """Read one text; the first byte chooses the reader."""
    name = Path(FILES[data[0] % len(FILES)] if data else FILES[0])
    raw = data[1:]
    text = raw.decode("utf-8", "replace")
    try:
        if name.name == "flow.json":
            quick(raw, name)
            document = parse(text, name)
            for key in document.data if isinstance(document.data, dict) else ():
                document.position((key,), key=True)
        elif name.name == "values.json":
            parse_json(raw)
        elif name.name == "scenario.toml":
            parse_toml(text)
        else:
            for found in flows_in_text(name, name.name, text):
                assert found.document is not None or found.unreadable is not None
    except (DocumentError, json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        pass


def seeds(folder: Path) -> None:
    """Write the corpus that mutations begin with."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from targets import flows_as_terraform_and_cloudformation, small_flow

    texts = [(0, small_flow()), (3, small_flow()), (4, b'a = 1\n[b."c d"]\ne.f = [1.5, "x"]\n')]
    texts += [(1 if b"resource" in text else 2, text) for text in flows_as_terraform_and_cloudformation()]
    for number, (kind, text) in enumerate(texts):
        (folder / str(number)).write_bytes(bytes([kind]) + text)


def main() -> None:
    """Fuzz; arguments are libFuzzer's."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="busyhour-fuzz-") as corpus:
        seeds(Path(corpus))
        atheris.Setup([*sys.argv, corpus, "-max_len=20000", "-timeout=20", "-rss_limit_mb=2000"], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
