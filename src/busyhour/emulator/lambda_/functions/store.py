"""The emulator's functions, found by name, ARN or part of an ARN, with their versions and aliases."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from busyhour.emulator.lambda_.functions.packages import Package
from busyhour.emulator.messages import ApiError
from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Function

_NAME = re.compile(
    r"(?:arn:aws[\w-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)
LATEST = "$LATEST"
DEFAULT_HANDLER = "lambda_function.lambda_handler"


@dataclass(slots=True)
class Deployed:
    """A function, or a version of one: the scenario's `Function` with the emulator's additions.

    `package` is the code uploaded as a zip, `settings` are further settings from the API. `revision` changes
    with every change, so that no environment of the previous code is reused.
    """

    function: Function
    arn: str
    reserved: int | None
    package: Package | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = LATEST
    revision: str = ""
    modified: float = field(default_factory=time.time)

    @property
    def name(self) -> str:
        """Name without account or Region."""
        return self.function.name

    @property
    def handler(self) -> tuple[Path, str] | None:
        """File and callable of a Python handler; None for a URL or a latency model."""
        if self.function.handler is None or self.function.url is not None:
            return None
        path, _, name = self.function.handler.rpartition(":")
        if not path or not name:
            raise BusyhourError(
                f"function {self.name!r}: handler {self.function.handler!r} is not of the form path/file.py:callable",
                hint="name the file and the callable in it, for example handlers/lookup.py:handler",
            )
        return Path(path), name

    @property
    def handler_name(self) -> str:
        """Handler as Lambda's setting has it, `module.name`; empty for a URL or a latency model."""
        if self.package is not None:
            return str(self.settings.get("Handler") or DEFAULT_HANDLER)
        return f"{self.handler[0].stem}.{self.handler[1]}" if self.handler is not None else ""

    @property
    def root(self) -> Path | None:
        """Folder from which the handler's modules are imported."""
        if self.package is not None:
            return self.package.root
        return self.handler[0].parent if self.handler is not None else None


@dataclass(slots=True)
class Alias:
    """A name for a version; `weights` distribute invocations to other versions."""

    name: str
    version: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Provisioned concurrency of a version or an alias; `modified` in epoch seconds."""

    executions: int
    modified: float


class FunctionTable:
    """Functions by name.

    Args:
        functions: functions of the scenario.
        region: Region of the ARNs.
        account: twelve digits of the ARNs.
        random: draws between the versions of an alias.

    Raises:
        BusyhourError: a handler is not written as path/file.py:callable.
    """

    def __init__(
        self, functions: Mapping[str, Function], region: str, account: str, random: Random | None = None
    ) -> None:
        self._region = region
        self._account = account
        self._random = random or Random(1)
        self._by_name: dict[str, Deployed] = {}
        self._versions: dict[str, dict[str, Deployed]] = {}
        self._aliases: dict[str, dict[str, Alias]] = {}
        self._provisioned: dict[str, dict[str, Provisioned]] = {}
        self._numbers: dict[str, int] = {}
        for function in functions.values():
            self.add(function)

    # -------------------------------------------------------------------------------------------- deploy

    def add(self, function: Function) -> Deployed:
        """Deploy `function`, replacing one of the same name."""
        return self.deploy(Deployed(function, self.arn(function.name), function.reserved_concurrency))

    def deploy(self, deployed: Deployed) -> Deployed:
        """Make `deployed` the $LATEST of its function."""
        _ = deployed.handler  # reports a malformed handler now, not at the first call
        deployed.revision = str(uuid.uuid4())
        self._by_name[deployed.name] = deployed
        return deployed

    def remove(self, name: str) -> None:
        """Delete a function with its versions and aliases."""
        for kept in (self._by_name, self._versions, self._aliases, self._provisioned):
            kept.pop(name, None)

    def remove_version(self, deployed: Deployed) -> None:
        """Delete one version."""
        self._versions[deployed.name].pop(deployed.version, None)
        self.provisioned(deployed.name).pop(deployed.version, None)

    def publish(self, name: str, description: str | None = None) -> Deployed:
        """Make a version of the current $LATEST; return the newest version if nothing has changed since."""
        latest = self._by_name[name]
        versions = self._versions.setdefault(name, {})
        newest = next(reversed(versions.values()), None)
        if newest is not None and newest.revision == latest.revision:
            return newest
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        settings = dict(latest.settings) | ({"Description": description} if description else {})
        versions[str(number)] = replace(
            latest, version=str(number), settings=settings, arn=f"{self.arn(name)}:{number}"
        )
        return versions[str(number)]

    def restore_revision(self, name: str, revision: str) -> None:
        """Give $LATEST the revision in a snapshot."""
        self._by_name[name].revision = revision

    def restore_version(self, deployed: Deployed) -> None:
        """Restore a version from a snapshot."""
        self._versions.setdefault(deployed.name, {})[deployed.version] = deployed
        self._numbers[deployed.name] = max(self._numbers.get(deployed.name, 0), int(deployed.version))

    def reserve(self, name: str, concurrency: int | None) -> None:
        """Reserve concurrency for all versions of a function together."""
        for deployed in self.versions(name):
            deployed.reserved = concurrency

    # ---------------------------------------------------------------------------------------------- look

    def arn(self, name: str) -> str:
        """Return the unqualified ARN of the function `name`."""
        return f"arn:aws:lambda:{self._region}:{self._account}:function:{name}"

    def __iter__(self) -> Iterator[Deployed]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def versions(self, name: str) -> list[Deployed]:
        """Return $LATEST and every version, oldest first."""
        return [self._by_name[name], *self._versions.get(name, {}).values()]

    def aliases(self, name: str) -> dict[str, Alias]:
        """Return the aliases of a function, by name."""
        return self._aliases.setdefault(name, {})

    def provisioned(self, name: str) -> dict[str, Provisioned]:
        """Return the provisioned concurrency of a function, by version or alias."""
        return self._provisioned.setdefault(name, {})

    def find(self, reference: str, qualifier: str = "") -> Deployed:
        """Return the function of `reference`: a name, an ARN, `account:function:name`, each with `:qualifier`.

        For an alias that distributes invocations a version is drawn.

        Raises:
            ApiError: ValidationException for an invalid reference, ResourceNotFoundException for an unknown
                function, version or alias.
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
        found = self._qualified(name, version) if here and name in self._by_name else None
        if found is None:
            full = self.arn(name) + (f":{version}" if version else "")
            raise ApiError("ResourceNotFoundException", f"Function not found: {full}", 404, Type="User")
        return found

    def _qualified(self, name: str, qualifier: str) -> Deployed | None:
        if qualifier in ("", LATEST):
            return self._by_name[name]
        versions = self._versions.get(name, {})
        alias = self._aliases.get(name, {}).get(qualifier)
        if alias is None:
            return versions.get(qualifier)
        chosen, draw = alias.version, self._random.random() if alias.weights else 1.0
        for version, weight in alias.weights.items():
            if draw < weight:
                chosen = version
                break
            draw -= weight
        return self._by_name[name] if chosen == LATEST else versions.get(chosen)
