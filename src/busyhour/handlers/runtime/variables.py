"""Environment variables of a function: Lambda's own, and those of its configuration.

Source: Lambda Developer Guide, "Defined runtime environment variables" (configuration-envvars), read
    2026-11-30.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

RESERVED = frozenset(
    [
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    ]
)
"""Keys that a function's configuration cannot set."""

_INHERITED = ("HOME", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV")
"""Variables of this machine that its interpreter needs."""


def variables(
    *,
    name: str,
    handler: str,
    root: str,
    region: str,
    memory_mb: int,
    own: Mapping[str, str],
    access: Mapping[str, str],
    version: str = "$LATEST",
) -> dict[str, str]:
    """Return all variables of an environment, without the user's own AWS settings.

    Args:
        name: name of the function.
        handler: `module.name`.
        root: folder of the code.
        region: Region of the account.
        memory_mb: memory size of the function.
        own: the function's configuration; it overrides everything that is not reserved.
        access: credentials, and the endpoint of AWS's clients.
        version: the invoked version.
    """
    found = {key: os.environ[key] for key in _INHERITED if key in os.environ}
    found.update(
        LANG="en_US.UTF-8",
        TZ=":UTC",
        LAMBDA_TASK_ROOT=root,
        LAMBDA_RUNTIME_DIR="/var/runtime",
        AWS_REGION=region,
        AWS_DEFAULT_REGION=region,
        AWS_EXECUTION_ENV=f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
        AWS_LAMBDA_FUNCTION_NAME=name,
        AWS_LAMBDA_FUNCTION_VERSION=version,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(memory_mb),
        AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
        AWS_LAMBDA_LOG_GROUP_NAME=f"/aws/lambda/{name}",
        # Date, version and a random number on AWS; the same for every run here.
        AWS_LAMBDA_LOG_STREAM_NAME=f"2026/01/01/[{version}]{0:032x}",
        AWS_LAMBDA_RUNTIME_API="127.0.0.1:9001",
        AWS_XRAY_CONTEXT_MISSING="LOG_ERROR",
        AWS_XRAY_DAEMON_ADDRESS="127.0.0.1:2000",
        PYTHONDONTWRITEBYTECODE="1",
        _HANDLER=handler,
        **access,
    )
    found.update((key, value) for key, value in own.items() if key not in RESERVED)
    return found


def trace_id(request_id: str) -> str:
    """Return the value of `_X_AMZN_TRACE_ID` in one invocation: a tracing header that is not sampled."""
    digits = request_id.replace("-", "").ljust(32, "0")[:32]
    return f"Root=1-{digits[:8]}-{digits[8:]};Parent={digits[:16]};Sampled=0"
