"""Functions, versions and aliases in the shapes of Lambda's API."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from busyhour.emulator.lambda_.functions.store import LATEST, Alias, Deployed

RUNTIME = "python3.12"
_GIVEN = ("Description", "Role", "DeadLetterConfig", "KMSKeyArn", "TracingConfig", "LoggingConfig")
"""Settings that are returned as given."""


def configuration(deployed: Deployed) -> dict[str, Any]:
    """Make a FunctionConfiguration."""
    function, settings = deployed.function, deployed.settings
    size, digest = _code(deployed)
    own = {
        "FunctionName": function.name,
        "FunctionArn": deployed.arn,
        "Runtime": settings.get("Runtime", RUNTIME),
        "Role": f"arn:aws:iam::{deployed.arn.split(':')[4]}:role/busyhour-emulator",
        "Handler": settings.get("Handler") or _handler(deployed),
        "CodeSize": size,
        "CodeSha256": digest,
        "Description": _description(deployed),
        "Timeout": max(1, int(function.timeout)),
        "MemorySize": function.memory_mb,
        "LastModified": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(deployed.modified)),
        "Version": deployed.version,
        "Environment": {"Variables": dict(function.environment)},
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": deployed.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": settings.get("Architectures", ["x86_64"]),
        "EphemeralStorage": settings.get("EphemeralStorage", {"Size": 512}),
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.name}"},
    }
    return own | {name: settings[name] for name in _GIVEN if settings.get(name)}


def code_size(deployed: Deployed) -> int:
    """Return the bytes of the code as uploaded."""
    return _code(deployed)[0]


def alias_configuration(alias: Alias, function_arn: str) -> dict[str, Any]:
    """Make an AliasConfiguration."""
    shape: dict[str, Any] = {
        "AliasArn": f"{function_arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        shape["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return shape


def _code(deployed: Deployed) -> tuple[int, str]:
    if deployed.package is not None:
        return deployed.package.size, deployed.package.sha256
    code = b""
    if deployed.handler is not None and deployed.handler[0].is_file():
        code = deployed.handler[0].read_bytes()
    return len(code), base64.b64encode(hashlib.sha256(code).digest()).decode()


def _handler(deployed: Deployed) -> str:
    if deployed.handler is None:
        return "model.latency" if deployed.function.url is None else "remote.url"
    return deployed.handler_name


def _description(deployed: Deployed) -> str:
    if deployed.function.url is not None:
        return f"Served at {deployed.function.url}"[:256]
    return "" if deployed.handler else "Latency model of the emulator"


__all__ = ["LATEST", "alias_configuration", "code_size", "configuration"]
