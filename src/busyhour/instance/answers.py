"""Where answers of AWS come from: boto3 clients, or a file that an earlier pull recorded. Read-only operations alone.

A file of answers has one line of JSON for each request: service, operation, parameters, and the answer or the error.
`Recording` writes it, and continues it after an interruption: requests that it has are not made again.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from busyhour.errors import BusyhourError
from busyhour.input_files import parse_json
from busyhour.instance.masking import Mask
from busyhour.instance.shapes import problem
from busyhour.quotas.aws.calls import Failed, ask

READ_ONLY = ("Get", "List", "Describe", "Search", "FilterLogEvents")
"""Beginnings of the operations that may be requested."""
FILE = "answers.jsonl"
"""The file in a folder of recorded answers."""
THROTTLES = frozenset(
    {
        *("TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded"),
        *("ProvisionedThroughputExceededException", "RequestThrottled", "RequestThrottledException"),
    }
)
"""Error codes of a request that may be repeated later."""

_HINT = "Name a folder that `busyhour pull --save-answers DIR` wrote."

Answer = Mapping[str, Any] | Failed


class Source(Protocol):
    """Answers requests."""

    def reaches(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Whether the request reaches an account, whose rates apply."""

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Return the answer, or the error of this request."""


class FromClients:
    """Answers of AWS, or of the emulator, through boto3 clients.

    Args:
        client: returns the client of a service, such as `connect`.
        mask: removes what is personal from answers.
    """

    def __init__(self, client: Callable[[str], Any], mask: Mask) -> None:
        self._client = client
        self._clients: dict[str, Any] = {}
        self._mask = mask

    def reaches(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Every request does."""
        return True

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Make the request.

        Raises:
            ValueError: the operation is not one that only reads.
            BusyhourError: no further request is possible: credentials or network.
        """
        if not operation.startswith(READ_ONLY):
            raise ValueError(f"{service} {operation} is not an operation that only reads")
        from botocore import xform_name

        if service not in self._clients:
            self._clients[service] = self._client(service)
        method = getattr(self._clients[service], xform_name(operation))
        answer = ask(lambda: method(**parameters))
        return answer if isinstance(answer, Failed) else self._mask(operation, answer)


class Recorded:
    """Answers that were recorded. Only their places in the file are kept in memory.

    Args:
        path: the file of answers, or a folder with one.

    Raises:
        BusyhourError: it cannot be read, or is no file of answers.
    """

    def __init__(self, path: Path) -> None:
        self._path = path / FILE if path.is_dir() else path
        self._places: dict[str, int] = {}
        self._failed: set[str] = set()
        self.end = 0
        """Length of the file up to its last whole line, bytes."""
        try:
            if not self._path.is_file() and self._path.exists():
                raise OSError(errno.EINVAL, "is not a file")
            with self._path.open("rb") as file:
                for number, line in enumerate(file):
                    if not line.endswith(b"\n"):
                        break  # the write was interrupted
                    if number:  # the first line is of the whole file
                        self._index(line)
                    self.end += len(line)
        except OSError as error:
            raise BusyhourError(f"{self._path}: cannot be read: {error.strerror}.", _HINT) from None
        except (ValueError, KeyError, TypeError):
            raise BusyhourError(
                f"{self._path}: not a file of recorded answers: damaged at byte {self.end}.", _HINT
            ) from None

    def _index(self, line: bytes) -> None:
        row = parse_json(line)
        key = _key(row["service"], row["operation"], row["parameters"])
        if "failed" not in row and "answer" not in row:
            raise KeyError("answer")
        self._places[key] = self.end
        if "failed" in row:
            if not isinstance(row["failed"], list):
                raise TypeError("failed")
            self._failed.add(key)
        else:
            self._failed.discard(key)

    def __len__(self) -> int:
        return len(self._places)

    def has(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Whether an answer is recorded, not an error."""
        key = _key(service, operation, parameters)
        return key in self._places and key not in self._failed

    def reaches(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        """No request does."""
        return False

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Return the recorded answer or error; without one an error of the code NotRecorded."""
        place = self._places.get(_key(service, operation, parameters))
        if place is None:
            return Failed("NotRecorded", f"{self._path} has no such answer")
        with self._path.open("rb") as file:
            file.seek(place)
            row = parse_json(file.readline())
        if "failed" in row:
            code, message = (*map(str, row["failed"]), "", "")[:2]
            return Failed(code, message)
        if wrong := problem(service, operation, row["answer"]):
            raise BusyhourError(f"{self._path}: {operation} at byte {place}: {wrong}.", _HINT)
        answer: Answer = row["answer"]
        return answer


class Recording:
    """Answers of `source`, each written to a file; those that the file has already are read from it.

    Throttled requests are not recorded, and requests that failed are made again.

    Args:
        source: where answers come from.
        path: the file; one of another pull, or more than a day old, is begun again.
        of: what the answers are of: Region, endpoint, masks.
        now: the time, seconds since 1970.
    """

    def __init__(self, source: Source, path: Path, of: str, now: float) -> None:
        self._source = source
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _continues(path, of, now):
            path.write_text(json.dumps({"of": of, "at": now}) + "\n", encoding="utf-8")
        self._recorded = Recorded(path)
        self._file = path.open("r+b")
        self._file.truncate(self._recorded.end)
        self._file.seek(self._recorded.end)
        self.resumed = len(self._recorded)
        """Number of answers that were there before."""

    def reaches(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Whether a request for it reaches an account: no answer is recorded."""
        return self._source.reaches(service, operation, parameters) and not self._recorded.has(
            service, operation, parameters
        )

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Return the recorded answer, or make the request and record its answer."""
        if self._recorded.has(service, operation, parameters):
            return self._recorded.answer(service, operation, parameters)
        answer = self._source.answer(service, operation, parameters)
        row: dict[str, Any] = {"service": service, "operation": operation, "parameters": parameters}
        if isinstance(answer, Failed):
            if answer.code in THROTTLES:
                return answer
            row["failed"] = [answer.code, answer.message]
        else:
            row["answer"] = answer
        self._file.write(json.dumps(row, default=_plain, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        return answer

    def close(self) -> None:
        """Close the file."""
        self._file.close()


_FRESH = 24 * 3600
"""Seconds for which the answers of an interrupted pull are taken for the instance as it is."""


def _continues(path: Path, of: str, now: float) -> bool:
    """Whether the file is of an interrupted pull that can be continued."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        return bool(header["of"] == of and 0 <= now - header["at"] < _FRESH)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _key(service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    return json.dumps([service, operation, parameters], sort_keys=True)


def _plain(value: Any) -> str:
    """Return a time of an answer as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
