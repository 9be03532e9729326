"""The environment of an AWS client in a process of its own, for tests against the emulator."""

from __future__ import annotations

import os

KEY, SECRET = "AKIDEXAMPLE", "secret"


def client_environment(url: str, key: str = KEY, secret: str = SECRET, **more: str) -> dict[str, str]:
    """Return the variables of a client that reads no files of the user and repeats no request; `ENDPOINT` is the URL."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "ENDPOINT": url,
        **more,
    }
