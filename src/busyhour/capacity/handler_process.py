"""Runs a scenario's Lambda handlers against moto's DynamoDB, in a process of its own: `python -m` this module.

Reads JSON lines from standard input and writes one JSON line to standard output for each. The first line is the
setup: Region and tables. Every other is an invocation: function name, handler, environment, event. Whatever handlers
print goes to standard error. AWS is out of reach: moto answers every AWS call, and the credentials are made up.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Context:
    """What handlers ask of Lambda's context object."""

    function_version = "$LATEST"
    memory_limit_in_mb = "128"

    def __init__(self, name: str, seconds: float) -> None:
        self.function_name = name
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        self.aws_request_id = "00000000-0000-4000-8000-000000000000"
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = "forecast"
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from moto import mock_aws

    setup = json.loads(sys.stdin.readline())
    os.environ.update(CREDENTIALS, AWS_DEFAULT_REGION=setup["region"], AWS_REGION=setup["region"])
    with mock_aws():
        _say(answers, _attempt(lambda: _create(setup["tables"])))
        handlers: dict[tuple[str, str], Any] = {}
        for line in sys.stdin:
            asked = json.loads(line)
            _say(answers, _attempt(lambda asked=asked: _invoke(asked, handlers)))


def _say(answers: Any, outcome: dict[str, Any]) -> None:
    answers.write(json.dumps(outcome) + "\n")
    answers.flush()


def _attempt(run: Any) -> dict[str, Any]:
    try:
        value = run()
        json.dumps(value)
    # A handler may raise anything, and ending the process is one of the things.
    except (Exception, SystemExit) as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}
    return {"answer": value}


def _create(tables: list[dict[str, str | None]]) -> None:
    import boto3

    client = boto3.client("dynamodb")
    for table in tables:
        definition = json.loads(Path(str(table["definition"])).read_text(encoding="utf-8"))
        client.create_table(**definition)
        if table["items"]:
            for item in json.loads(Path(table["items"]).read_text(encoding="utf-8")):
                client.put_item(TableName=definition["TableName"], Item=item)


def _invoke(asked: dict[str, Any], handlers: dict[tuple[str, str], Any]) -> Any:
    os.environ.update(asked["environment"])
    key = (asked["file"], asked["callable"])
    if key not in handlers:
        handlers[key] = getattr(_module(Path(asked["file"])), asked["callable"])
    return handlers[key](asked["event"], Context(asked["name"], asked["timeout"]))


def _module(path: Path) -> Any:
    name = f"busyhour_handler_{path.stem}"
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) == str(path):
        return sys.modules[name]
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {path}")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


if __name__ == "__main__":
    main()
