"""The environment variables of a handler: Lambda's own, dummy credentials, the emulator as AWS."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from busyhour.emulator.lambda_.functions import Deployed

_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)
_RUNTIME_API = f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}"


HANDLER_KEY = "AKIAEMULATOR"
"""Access key that handlers sign with."""


def variables(
    deployed: Deployed, region: str, endpoint_url: str, secret_key: str = "emulator"
) -> Mapping[str, str]:
    """All variables of the process; nothing of the user's own AWS settings reaches it.

    `endpoint_url` is where boto3 finds the emulator, `secret_key` what it signs with. The function's own variables
    come last and win.
    """
    function = deployed.function
    found = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    found.update(
        AWS_REGION=region,
        AWS_DEFAULT_REGION=region,
        AWS_ENDPOINT_URL=endpoint_url,
        AWS_ACCESS_KEY_ID=HANDLER_KEY,
        AWS_SECRET_ACCESS_KEY=secret_key,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        NO_PROXY="*",
        AWS_EXECUTION_ENV=_RUNTIME_API,
        AWS_LAMBDA_FUNCTION_NAME=function.name,
        AWS_LAMBDA_FUNCTION_VERSION=deployed.version,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(function.memory_mb),
        AWS_LAMBDA_LOG_GROUP_NAME=f"/aws/lambda/{function.name}",
        AWS_LAMBDA_LOG_STREAM_NAME="busyhour",
        AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
        LAMBDA_TASK_ROOT=str(deployed.root or ""),
        PYTHONDONTWRITEBYTECODE="1",
    )
    found["_HANDLER"] = f"{deployed.handler[0].stem}.{deployed.handler[1]}" if deployed.handler else ""
    found.update(function.environment)
    return found
