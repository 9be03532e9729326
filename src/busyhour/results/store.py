"""Read and write the files of a run, atomically."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from busyhour import unexpected
from busyhour.atomic_write import replace_file
from busyhour.errors import BusyhourError, ExitCode
from busyhour.input_files import DATA_BYTES, parse_json, read_text
from busyhour.results import load_result, record
from busyhour.results.codec import decode, encode
from busyhour.results.load_result import LoadResult
from busyhour.results.old_names import with_current_names
from busyhour.results.record import RunRecord

RUN_FILE = "run.json"
LOAD_FILE = "load.json"
PROGRESS_FILE = "progress.jsonl"

_DAMAGED = "Restore the file as busyhour wrote it, or run the test again."


def write_json(
    path: Path, data: Any, *, keeps: Path | None = None, exit_code: ExitCode = ExitCode.BAD_INPUT
) -> None:
    """Write `data` to `path` as JSON, atomically.

    Args:
        path: the file; its folder is created if missing.
        data: JSON value.
        keeps: path of the run's raw data, named in the message if the disk is full.
        exit_code: of the error.

    Raises:
        BusyhourError: it cannot be written (disk full, no permission). An existing file is then unchanged.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        replace_file(path, f"{text}\n".encode(), make_folder=True)
    except OSError as error:
        kept = f" The measurements are in {keeps}." if keeps is not None and keeps.exists() else ""
        raise BusyhourError(
            f"{path}: cannot be written: {error.strerror or error}.{kept}",
            "Free some space or make the folder writable, or name another folder for the run, and try again.",
            exit_code,
        ) from error


def read_json(path: Path) -> Mapping[str, Any]:
    """Read the JSON object in `path`.

    Raises:
        BusyhourError: there is no such file, or it is not a JSON object.
    """
    try:
        data = parse_json(read_text(path, DATA_BYTES))
    except FileNotFoundError:
        raise BusyhourError(
            f"{path}: no such file.", "Name the folder or the file of a finished run."
        ) from None
    except json.JSONDecodeError as error:
        raise BusyhourError(
            f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}.", _DAMAGED
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BusyhourError(f"{path}: cannot be read: {why}.", _DAMAGED) from None
    if not isinstance(data, dict):
        raise BusyhourError(f"{path}: {type(data).__name__} is not a JSON object.", _DAMAGED)
    return data


def write_run(folder: Path, made: RunRecord) -> Path:
    """Write `made` as run.json into `folder` and return its path; raises as `write_json`."""
    path = folder / RUN_FILE
    raw = folder / LOAD_FILE
    write_json(path, encode(made), keeps=raw, exit_code=ExitCode.INVALID_RUN)
    return path


def read_run(path: Path) -> RunRecord:
    """Read the record in `path`: a run.json, or the folder of a run.

    Members with names of older versions are read as today's.

    Raises:
        BusyhourError: it is missing or not a run record; the message names file and member.
    """
    if path.is_dir():
        path = path / RUN_FILE
    try:
        return decode(RunRecord, with_current_names(_of_version(read_json(path), record.SCHEMA_VERSION)))
    except BusyhourError as error:
        raise _placed(path, error) from None


def write_load(folder: Path, result: LoadResult) -> Path:
    """Write `result` as load.json into `folder` and return its path; raises as `write_json`."""
    path = folder / LOAD_FILE
    write_json(path, result.to_json(), keeps=folder / PROGRESS_FILE, exit_code=ExitCode.INVALID_RUN)
    return path


def read_load(folder: Path) -> LoadResult:
    """Read the load generator's result; raises BusyhourError if load.json is missing or broken."""
    path = folder / LOAD_FILE if folder.is_dir() else folder
    try:
        return LoadResult.from_json(_of_version(read_json(path), load_result.SCHEMA_VERSION))
    except BusyhourError as error:
        raise _placed(path, error) from None


@contextlib.contextmanager
def naming(*paths: Path) -> Iterator[None]:
    """Name the records at `paths` where code that uses them fails within the block.

    Some members of a record have no fixed type (`forecast`, `calls`, `target`), so that damage is noticed on use only.

    Raises:
        BusyhourError: instead of an error of types and values.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BusyhourError(
            f"{', '.join(map(str, paths))}: cannot be used: {unexpected.words(error)} in {unexpected.place(error)}. "
            "A member is missing or has a value of the wrong type.",
            "Run the test again. If the file is as busyhour wrote it, report this with the output of --debug.",
        ) from error


def _of_version(data: Mapping[str, Any], version: str) -> Mapping[str, Any]:
    """Return `data` if it is of the schema version that is read here; records without one are the oldest ones."""
    found = data.get("schema_version", version)
    if found != version:
        raise BusyhourError(
            f"schema_version is {found!r:.40}, this version of busyhour reads {version!r}.",
            "Use the version of busyhour that wrote it, or a newer one.",
        )
    return data


def _placed(path: Path, error: BusyhourError) -> BusyhourError:
    message = error.message if error.message.startswith(str(path)) else f"{path}: {error.message}"
    return BusyhourError(message, error.hint, error.exit_code)
