"""Functions created through the API, and settings of any function, as JSON data, and the reverse."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from busyhour.atomic_write import replace_file
from busyhour.emulator.lambda_.functions.packages import ZIPPED_LIMIT, PackageStore
from busyhour.emulator.lambda_.functions.store import Alias, Deployed, FunctionTable, Provisioned
from busyhour.input_files import read_bytes
from busyhour.scenarios.model import Function

_FIELDS = ("name", "environment", "timeout", "memory_mb", "handler")
"""Fixed members of a function with a package, not drawn from a distribution."""


def dump(table: FunctionTable, folder: Path) -> dict[str, Any]:
    """Return every function; code uploaded as a zip goes into `folder`, once for each content."""
    return {deployed.name: _function(table, deployed.name, folder) for deployed in table}


def restore(table: FunctionTable, packages: PackageStore, data: Mapping[str, Any], folder: Path) -> None:
    """Deploy the functions created through the API; the scenario's keep their code and get their settings."""
    for name, kept in data.items():
        for fields in kept["versions"]:
            deployed = _deployed(packages, fields, folder)
            if deployed.version == "$LATEST":
                table.deploy(deployed)
                table.restore_revision(name, fields["revision"])
            else:
                table.restore_version(deployed)
        if name in table:
            table.reserve(name, kept["reserved"])
            table.aliases(name).update({alias["name"]: Alias(**alias) for alias in kept["aliases"]})
            for qualifier, one in (kept.get("provisioned") or {}).items():
                table.provisioned(name)[qualifier] = Provisioned(**one)


def _function(table: FunctionTable, name: str, folder: Path) -> dict[str, Any]:
    versions = table.versions(name)
    return {
        "reserved": versions[0].reserved,
        "versions": [_version(version, folder) for version in versions if version.package is not None],
        "provisioned": {key: asdict(one) for key, one in table.provisioned(name).items()},
        "aliases": [asdict(alias) for alias in table.aliases(name).values()],
    }


def _version(deployed: Deployed, folder: Path) -> dict[str, Any]:
    package = deployed.package
    assert package is not None
    kept = folder / "packages" / package.archive.name
    if not kept.exists() or kept.stat().st_size != package.size:
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_file(kept, package.archive.read_bytes())
    function = {name: getattr(deployed.function, name) for name in _FIELDS}
    # The folder of the unpacked package differs in every run.
    function["handler"] = str(deployed.function.handler).removeprefix(f"{package.root}/")
    return {
        "function": {**function, "environment": dict(deployed.function.environment)},
        "arn": deployed.arn,
        "package": kept.name,
        "settings": dict(deployed.settings),
        "version": deployed.version,
        "revision": deployed.revision,
        "modified": deployed.modified,
    }


def _deployed(packages: PackageStore, fields: Mapping[str, Any], folder: Path) -> Deployed:
    kept = folder / "packages" / fields["package"]
    data = read_bytes(kept, ZIPPED_LIMIT)
    if hashlib.sha256(data).hexdigest() != kept.stem:
        raise ValueError(f"{kept} is not the code package of its name")
    package = packages.put(data)
    function = dict(fields["function"])
    function["handler"] = f"{package.root}/{function['handler']}"
    more = {name: fields[name] for name in ("settings", "version", "revision", "modified")}
    return Deployed(Function(**function), fields["arn"], None, package, **more)
