"""Environment variables of a handler in the emulator: Lambda's, dummy credentials, the emulator's endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping

from busyhour.emulator.lambda_.functions.store import Deployed
from busyhour.emulator.messages import ApiError
from busyhour.handlers.runtime import variables as runtime

ENVIRONMENT_LIMIT = 4096
"""Maximum bytes of all environment variables together (Lambda Developer Guide, gettingstarted-limits)."""
HANDLER_KEY = "AKIAEMULATOR"
"""Access key with which handlers sign."""


def variables(
    deployed: Deployed, region: str, endpoint_url: str, secret_key: str = "emulator"
) -> Mapping[str, str]:
    """Return all variables of the process, without the user's own AWS settings.

    `endpoint_url` is the emulator's URL for boto3, `secret_key` its signing key.
    """
    function = deployed.function
    return runtime.variables(
        name=function.name,
        handler=deployed.handler_name,
        root=str(deployed.root or ""),
        region=region,
        memory_mb=function.memory_mb,
        version=deployed.version,
        own=function.environment,
        access={
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": HANDLER_KEY,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_SESSION_TOKEN": "emulator",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "*",
        },
    )


def check_variables(own: Mapping[str, str]) -> None:
    """Raise ApiError for variables that a function's configuration cannot have."""
    refused = (
        "Lambda was unable to configure your environment variables because the environment variables you have"
    )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in own.items())
    if size > ENVIRONMENT_LIMIT:
        raise ApiError(
            "InvalidParameterValueException",
            f"{refused} provided exceeded the 4KB limit. String measured: {size} bytes",
            Type="User",
        )
    if reserved := sorted(runtime.RESERVED.intersection(own)):
        raise ApiError(
            "InvalidParameterValueException",
            f"{refused} provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}",
            Type="User",
        )
