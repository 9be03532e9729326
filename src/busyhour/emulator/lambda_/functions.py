"""The functions that the emulator serves, found by name, ARN or part of an ARN."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from busyhour.emulator.wire import ApiError
from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Function

_NAME = re.compile(
    r"(?:arn:aws[\w-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)
LATEST = "$LATEST"


@dataclass(slots=True)
class Deployed:
    """A function with what the emulator adds to the scenario's `Function`."""

    function: Function
    arn: str
    reserved: int | None

    @property
    def name(self) -> str:
        """Name without account or Region."""
        return self.function.name

    @property
    def handler(self) -> tuple[Path, str] | None:
        """File and callable of a real handler; None for a latency model."""
        if self.function.handler is None:
            return None
        path, _, name = self.function.handler.rpartition(":")
        if not path or not name:
            raise BusyhourError(
                f"function {self.name!r}: handler {self.function.handler!r} is not of the form path/file.py:callable",
                hint="name the file and the callable in it, for example handlers/lookup.py:handler",
            )
        return Path(path), name


class FunctionTable:
    """Functions by name.

    Args:
        functions: as the scenario has them.
        region: goes into the ARNs.
        account: twelve digits, goes into the ARNs.

    Raises:
        BusyhourError: a handler is not written as path/file.py:callable.
    """

    def __init__(self, functions: Mapping[str, Function], region: str, account: str) -> None:
        self._region = region
        self._account = account
        self._by_name: dict[str, Deployed] = {}
        for function in functions.values():
            self.add(function)

    def add(self, function: Function) -> Deployed:
        """Deploy `function`, in place of one of the same name."""
        deployed = Deployed(function, self.arn(function.name), function.reserved_concurrency)
        _ = deployed.handler  # says now, and not at the first call, that the handler is written wrongly
        self._by_name[function.name] = deployed
        return deployed

    def arn(self, name: str) -> str:
        """Unqualified ARN of the function `name`."""
        return f"arn:aws:lambda:{self._region}:{self._account}:function:{name}"

    def __iter__(self) -> Iterator[Deployed]:
        return iter(self._by_name.values())

    def find(self, reference: str, qualifier: str = "") -> Deployed:
        """The function that `reference` means: a name, an ARN, `account:function:name`, each with `:qualifier`.

        Raises:
            ApiError: ValidationException for what is no reference, ResourceNotFoundException for an unknown function or
                a version or alias (only $LATEST exists here).
        """
        found = self._by_name.get(reference)
        if found is not None and qualifier in ("", LATEST):
            return found
        parts = _NAME.fullmatch(reference)
        if parts is None:
            raise ApiError(
                "ValidationException",
                f"1 validation error detected: Value '{reference}' at 'functionName' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {_NAME.pattern}",
            )
        name, version = parts["name"], qualifier or parts["qualifier"] or ""
        here = parts["region"] in (None, self._region) and parts["account"] in (None, self._account)
        if not here or name not in self._by_name or version not in ("", LATEST):
            full = self.arn(name) + (f":{version}" if version else "")
            raise ApiError("ResourceNotFoundException", f"Function not found: {full}", 404, Type="User")
        return self._by_name[name]
