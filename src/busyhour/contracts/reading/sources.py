"""Documents to check, from files, folders and standard input.

A file that is named is always checked. A folder is searched for `*.json`, templates and files without an
extension (the console exports those); files that are evidently not flows are skipped, with the reason. Flows in
the source of a program are checked if the program is named: in a folder they are only reported, since a
program's tests have broken ones.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.contracts.reading.fast_path import quick, read_file
from busyhour.contracts.reading.source import Source
from busyhour.errors import BusyhourError
from busyhour.flows.export.document import Document, DocumentError, parse
from busyhour.flows.model import Position
from busyhour.input_files import read_bytes, read_standard_input, read_text, time_limit

_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "cdk.out", "venv"})


@dataclass(frozen=True)
class Gathered:
    """Documents found under the paths, and skipped files (path -> reason)."""

    sources: tuple[Source, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)


IN_A_PROGRAM = "has a flow in a program's source; name the file to have it checked"
"""Reason for skipping a program with an embedded flow in a folder."""

_PROGRAMS = frozenset(
    [".cjs", ".cs", ".go", ".java", ".js", ".jsx", ".kt", ".mjs", ".mts", ".php", ".py", ".rb", ".ts", ".tsx"]
)

_WRITTEN = re.compile(r"""\bStartAction["']?\s*:\s*["'`]""")
"""The key as programs write it, with a value: not a type's member, and not a use of it."""

Opener = Callable[[Path, str], Sequence[Source]]
"""Reads the flows in the file at a path; the label is the path shown to the user."""


def _template(path: Path, label: str) -> Sequence[Source]:
    from busyhour.contracts.reading.templates import open_template

    return open_template(path, label)


OPENERS: dict[str, Opener] = dict.fromkeys((".yaml", ".yml", ".template", ".tf", ".tftpl"), _template)
"""Files by extension that contain flows among other things (templates); all others are read as one export."""


def gather(paths: Sequence[str]) -> Gathered:
    """Read all documents under `paths`; `-` is standard input.

    Raises:
        BusyhourError: a path does not exist, or no document was found; names the places searched.
    """
    sources: list[Source] = []
    skipped: dict[str, str] = {}
    for one in paths:
        if one == "-":
            sources.extend(_inside(_stdin()))
            continue
        path = Path(one)
        try:
            mode = path.stat().st_mode
        except OSError:
            raise BusyhourError(
                f"{one}: no such file or folder", "Name exported flows, or a folder of them."
            ) from None
        if stat.S_ISDIR(mode):
            for label, found in _in_folder(path):
                if isinstance(found, str):
                    skipped[label] = found
                else:
                    sources.extend(found)
        else:
            found = _open(path, one)
            if not found:
                skipped[one] = "holds no flow itself"
            sources.extend(found)
    if not sources:
        places = ", ".join(paths)
        passed = f"; skipped {len(skipped)} other files" if skipped else ""
        programs = [label for label, reason in skipped.items() if reason == IN_A_PROGRAM]
        raise BusyhourError(
            f"no flows found in {places} (looked for *.json, templates and files without an extension, in all "
            f"subfolders{passed})",
            f"Name the programs that have flows in their source: {', '.join(programs[:3])}."
            if programs
            else "Export flows in the Connect console, or save the output of `aws connect describe-contact-flow`.",
        )
    return Gathered(_declared(sources, paths), skipped)


def _declared(sources: list[Source], paths: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources with what Terraform files under the paths declare of them."""
    terraform: list[Path] = []
    for path in map(Path, paths):
        if path.suffix == ".tf":
            terraform.append(path)
        elif path.is_dir():
            terraform += [
                one
                for one in sorted(path.rglob("*.tf"))
                if not any(part.startswith(".") for part in one.relative_to(path).parts)
            ]
    if not terraform:
        return tuple(sources)
    from busyhour.contracts.reading.declared_files import declared

    return declared(sources, terraform)


def source_of(text: str, label: str = "<text>") -> Source:
    """Make a source from text."""
    try:
        return Source(
            label, quick(text.encode("utf-8", "surrogatepass"), Path(label)) or parse(text, Path(label))
        )
    except DocumentError as error:
        return Source(label, None, error)


def _stdin() -> Source:
    try:
        text = read_standard_input()
    except UnicodeDecodeError as error:
        raise BusyhourError(
            f"<stdin>: byte {error.start} is not UTF-8", "Pipe an export in UTF-8 into the command."
        ) from None
    except OSError as error:
        raise BusyhourError(f"<stdin>: {error.strerror}", "Name an exported flow.") from None
    with time_limit("<stdin>"):
        return source_of(text, "<stdin>")


def _open(path: Path, label: str) -> Sequence[Source]:
    """Return the flows in a file; a file that cannot be read is a source without a document."""
    try:
        with time_limit(path):
            return _opened(path, label)
    except OSError as error:
        problem = error.strerror or str(error)
        return [Source(label, None, DocumentError(problem, path, Position(1, 1)))]


def _opened(path: Path, label: str) -> Sequence[Source]:
    opener = OPENERS.get(path.suffix.lower())
    if opener is not None:
        return opener(path, label)
    source = _read(path, label)
    if source.document is None:
        return _in_text(path, label) or [source]
    return _inside(source)


def _inside(source: Source) -> Sequence[Source]:
    """Return the flows in a document; the source itself if it is a flow, or contains none.

    A flow that is only wrapped once too often, in a string or in a list of its own, is a broken export.
    """
    document = source.document
    if document is None or looks_like_flow(document) or "StartAction" not in document.text:
        return [source]
    holds_more = isinstance(document.data, dict) or (
        isinstance(document.data, list) and len(document.data) > 1
    )
    if not holds_more:
        return [source]
    from busyhour.contracts.reading.containers import flows_in_json

    return flows_in_json(source.label, document) or [source]


def _in_text(path: Path, label: str) -> Sequence[Source]:
    """Return the flows in a file that is neither JSON nor a template but may contain some (a program, a page)."""
    try:
        text = read_text(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ()
    is_export = path.suffix.lower() in ("", ".json") or text.lstrip()[:1] in ("{", "[")
    if is_export or "StartAction" not in text:
        return ()
    from busyhour.contracts.reading.embedded import pieces
    from busyhour.contracts.reading.templates import flows_in_text
    from busyhour.flows.export.positions import Lines

    found = flows_in_text(path, label, text)
    taken = [(piece.start, piece.end) for piece in pieces(text)]
    written = (match.start() for match in _WRITTEN.finditer(text))
    at = next((at for at in written if not any(start <= at < end for start, end in taken)), None)
    if at is None and not found:
        at = text.find("StartAction")
    if at is not None:
        problem = "contains a flow that is not written as JSON and cannot be read"
        hint = "Have the program write the flow to a file (JSON.stringify, json.dumps), and check that."
        found.append(Source(label, None, DocumentError(problem, path, Lines(text).at(at), hint)))
    return found


def _read(path: Path, label: str) -> Source:
    try:
        return Source(label, read_file(path))
    except DocumentError as error:
        return Source(label, None, error)


def _in_folder(folder: Path) -> Iterator[tuple[str, Sequence[Source] | str]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if any(part.startswith(".") or part in _SKIPPED_FOLDERS for part in inside) or path.is_dir():
            continue
        label = str(path)
        suffix = path.suffix.lower()
        if not path.is_file():
            if suffix == ".json" or suffix in OPENERS:
                yield label, "is a link to nothing" if path.is_symlink() else "is no regular file"
        elif suffix in OPENERS and suffix != ".json":
            yield label, _open(path, label) or "holds no flow"
        elif suffix == ".json":
            found = _open(path, label)
            bare = [one for one in found if one.document is None or looks_like_flow(one.document)]
            yield label, bare or "is JSON, but no flow"
        elif suffix in _PROGRAMS:
            if _has_a_flow(path):
                yield label, IN_A_PROGRAM
        elif not path.suffix and _begins_like_json(path):
            found = _open(path, label)
            if any(one.document is not None and looks_like_flow(one.document) for one in found):
                yield label, found


def _begins_like_json(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError:
        return False


def _has_a_flow(path: Path) -> bool:
    try:
        raw = read_bytes(path)
    except OSError:
        return False
    return b"StartAction" in raw and b"Transitions" in raw and b"2019-10-30" in raw


def looks_like_flow(document: Document) -> bool:
    """Whether a document is meant to be a flow, however broken."""
    if document.envelope:
        return True
    data: Any = document.data
    if not isinstance(data, dict):
        return False
    if "StartAction" in data or data.get("Version") == "2019-10-30":
        return True
    if isinstance(data.get("modules"), list) and ("start" in data or "version" in data):
        return True
    actions = data.get("Actions")
    return isinstance(actions, list) and any(
        isinstance(one, dict) and {"Identifier", "Transitions"} & one.keys() for one in actions
    )
