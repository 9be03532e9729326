"""Options of `busyhour emulator`, parsed and validated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from busyhour.emulator.faults.requests import Condition, Fault, read_faults
from busyhour.emulator.server.sigv4 import environment_credentials, read_credentials
from busyhour.emulator.service_quotas.increases import ApprovalPolicy
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.input_files import parse_json, read_text
from busyhour.scenarios.model import Function
from busyhour.shared_secret.emulator_token import ACCESS_KEY

DISCONNECT_REASONS = frozenset(
    (
        *("TELECOM_BUSY", "TELECOM_NUMBER_INVALID", "TELECOM_POTENTIAL_BLOCKING", "TELECOM_UNANSWERED"),
        *("TELECOM_TIMEOUT", "TELECOM_ORIGINATOR_CANCEL", "TELECOM_PROBLEM"),
    )
)
"""DisconnectReasons of an outbound call before an answer (Administrator Guide, data model of contact records)."""

LENIENT_NOTE = (
    "lenient: flows are published without looking up the queues, prompts, flows, modules and hours that they refer to; "
    "--strict-references looks them up, as AWS does"
)
"""Named on start where a scenario is served or --lenient-references is given."""


def quota_values(settings: Iterable[str]) -> dict[str, float]:
    """Parse applied values from `CODE=VALUE` texts.

    Raises:
        BusyhourError: one is not of that form. Unknown codes are reported by the limits.
    """
    values = {}
    for text in settings:
        name, equals, value = text.rpartition("=")
        example = "For example --quota L-12AB7C57=500."
        if not (equals and name.strip()):
            raise BusyhourError(f"--quota {text!r} is not of the form CODE=VALUE.", example)
        try:
            values[name.strip()] = float(value.replace("_", ""))
        except ValueError:
            raise BusyhourError(f"--quota {text!r}: {value!r} is not a number.", example) from None
    return values


def functions_of(settings: Iterable[str]) -> list[Function]:
    """Parse functions from `NAME=URL` and `NAME=path/file.py:callable` texts.

    Raises:
        BusyhourError: one is of neither form, or its file does not exist.
    """
    functions = []
    for text in settings:
        name, _, where = text.partition("=")
        if name and where.startswith(("http://", "https://")):
            functions.append(Function(name, url=where))
            continue
        file, _, called = where.rpartition(":")
        if not (name and file.endswith(".py") and called.isidentifier()):
            raise BusyhourError(
                f"--function {text!r} is not of the form NAME=URL or NAME=FILE.py:CALLABLE.",
                "For example --function lookup=handlers/lookup.py:handler.",
            )
        if not Path(file).is_file():
            raise BusyhourError(f"--function {text!r}: there is no file {file}.", "Check the path.")
        functions.append(Function(name, handler=f"{Path(file).resolve()}:{called}"))
    return functions


def shares_of(option: str, settings: Iterable[str], known: Collection[str]) -> dict[str, float]:
    """Parse shares from `NAME=SHARE` texts.

    Raises:
        BusyhourError: one is not of that form, has an unknown name, or the sum is above 1.
    """
    shares: dict[str, float] = {}
    for text in settings:
        name, _, value = text.partition("=")
        if name not in known:
            raise BusyhourError(
                f"{option} {text!r}: unknown name {name!r}.{did_you_mean(name, known)}",
                f"Names are {', '.join(sorted(known))}.",
            )
        try:
            shares[name] = float(value)
        except ValueError:
            shares[name] = -1.0
        if not 0.0 <= shares[name] <= 1.0 or sum(shares.values()) > 1.0:
            raise BusyhourError(
                f"{option} {text!r}: a share is 0 to 1, and all together are at most 1.",
                f"{option} {name}=0.02",
            )
    return shares


def approval_policy(delay: float, case_delay: str) -> ApprovalPolicy:
    """Make the policy for increase requests; `case_delay` is seconds or `never`.

    Raises:
        BusyhourError: `case_delay` is neither.
    """
    if case_delay == "never":
        return ApprovalPolicy(delay=delay, case_delay=None)
    try:
        return ApprovalPolicy(delay=delay, case_delay=max(0.0, float(case_delay)))
    except ValueError:
        raise BusyhourError(
            f"--case-delay {case_delay!r} is not a number of seconds.", "Give seconds, or never."
        ) from None


def secrets_of(auth: str | None, environment: Mapping[str, str]) -> dict[str, str] | None:
    """Read secret keys by access key for --auth: from a file, or from the environment if empty.

    None without --auth.

    Raises:
        BusyhourError: there are none.
    """
    if auth is None:
        return None
    return read_credentials(Path(auth)) if auth else environment_credentials(environment)


def open_note(host: str, *, signed: bool, token: bool) -> str:
    """Return what the start message adds where other machines can reach the emulator."""
    by = [
        *(["a key of --auth"] if signed else []),
        *([f"the access key {ACCESS_KEY} and the token"] if token else []),
    ]
    return (
        f"{host} can be reached by other machines: every request needs a signature with {' or '.join(by)}. "
        "Traffic is not encrypted."
    )


def flow_files(paths: Iterable[Path]) -> list[Path]:
    """Return files of exported flows: each path itself, or all *.json in a folder.

    Raises:
        BusyhourError: a path does not exist, or a folder has no flow.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(path.glob("*.json"))
            if not found:
                raise BusyhourError(f"--flows {path}: the folder has no *.json file.", "Name exported flows.")
            files += found
        elif path.exists():
            files.append(path)
        else:
            raise BusyhourError(f"--flows {path}: no such file or folder.", "Check the path.")
    return files


def read_fault_file(path: Path) -> list[Fault | Condition]:
    """Read faults from a JSON file.

    Raises:
        BusyhourError: the file cannot be read, is not JSON, or has an invalid fault.
    """
    try:
        document = parse_json(read_text(path))
    except OSError as error:
        raise BusyhourError(f"--faults {path}: {error.strerror or error}.", "Check the path.") from None
    except ValueError as error:
        raise BusyhourError(f"--faults {path} is not JSON: {error}.", "Correct the file.") from None
    try:
        return read_faults(document)
    except BusyhourError as error:
        raise BusyhourError(f"--faults {path}: {error.message}", error.hint) from None
