"""Calls Lambda handlers, in a process of its own: `python -m busyhour.handlers.child`.

Reads JSON lines from standard input and writes one JSON line to standard output for each. The first is the setup,
the Region and tables; every other is a call, or an import alone. Whatever handlers print goes to standard error.
AWS is out of reach: moto answers every AWS call, and the credentials are made up.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from busyhour.handlers.noting import READ_UNSEEN, Notes, Noting

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class UnusableError(Exception):
    """There is no such handler."""


class Context:
    """What handlers ask of Lambda's context object."""

    function_version = "$LATEST"
    memory_limit_in_mb = "128"

    def __init__(self, name: str, seconds: float) -> None:
        self.function_name = name
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        self.aws_request_id = "00000000-0000-4000-8000-000000000000"
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = "busyhour"
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class NoAws:
    """Lets moto answer every AWS call, from the first import of boto3 on; handlers without it start faster."""

    def __init__(self) -> None:
        self._started = False

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Find nothing; start moto where AWS's libraries are about to be imported."""
        if not self._started and name.partition(".")[0] in ("boto3", "botocore", "aiobotocore"):
            self._started = True
            from moto import mock_aws

            mock_aws().start()


def main() -> None:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    setup = json.loads(sys.stdin.readline())
    os.environ.update(CREDENTIALS, AWS_DEFAULT_REGION=setup["region"], AWS_REGION=setup["region"])
    sys.meta_path.insert(0, NoAws())
    try:
        _create(setup["tables"])
        _say(answers, {"ready": True})
    except Exception as error:
        _say(answers, {"error": f"tables cannot be made: {type(error).__name__}: {error}"})
    handlers: dict[tuple[str, str], Any] = {}
    operations = Operations()
    for line in sys.stdin:
        _say(answers, _call(json.loads(line), handlers, operations))


class Operations:
    """Counts the DynamoDB operations of one invocation by `table.Operation`, as boto3's clients make them.

    Beside them `table.Operation:consistent` counts strongly consistent ones, `:items` the items that queries, scans
    and batches were about, and `:index:NAME` those of an index.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._watching = False

    def watch(self) -> None:
        """Begin as soon as botocore is there; a handler may import it late."""
        client = sys.modules.get("botocore.client")
        if self._watching or client is None:
            return
        self._watching = True
        make = client.BaseClient._make_api_call

        def counted(this: Any, operation: str, given: dict[str, Any]) -> Any:
            if this.meta.service_model.service_name == "dynamodb":
                for table in _tables_of(given):
                    self._count(f"{table}.{operation}", given)
            answer = make(this, operation, given)
            for table, batch in (given.get("RequestItems") or {}).items():
                items = batch["Keys"] if isinstance(batch, dict) else batch
                self._add(f"{table}.{operation}:items", len(items))
            if operation in ("Query", "Scan") and "TableName" in given:
                self._add(f"{given['TableName']}.{operation}:items", answer.get("ScannedCount", 0))
            return answer

        client.BaseClient._make_api_call = counted

    def _count(self, name: str, given: dict[str, Any]) -> None:
        self._add(name, 1)
        if given.get("ConsistentRead"):
            self._add(f"{name}:consistent", 1)
        if given.get("IndexName"):
            self._add(f"{name}:index:{given['IndexName']}", 1)

    def _add(self, name: str, count: int) -> None:
        if count:
            self.counts[name] = self.counts.get(name, 0) + count


def _tables_of(given: dict[str, Any]) -> list[str]:
    """The tables that a request is about, one for each item where it has several."""
    if "TableName" in given:
        return [str(given["TableName"])]
    requests = given.get("RequestItems")
    if isinstance(requests, dict):
        return [str(table) for table in requests]
    parts = given.get("TransactItems") or []
    return [str(inner["TableName"]) for part in parts for inner in part.values() if "TableName" in inner]


def _create(tables: list[dict[str, str | None]]) -> None:
    if not tables:
        return
    import boto3

    client = boto3.client("dynamodb")
    for table in tables:
        definition = json.loads(Path(str(table["definition"])).read_text(encoding="utf-8"))
        client.create_table(**definition)
        if table["items"]:
            for item in json.loads(Path(table["items"]).read_text(encoding="utf-8")):
                client.put_item(TableName=definition["TableName"], Item=item)


def _say(answers: Any, outcome: dict[str, Any]) -> None:
    answers.write(json.dumps(outcome) + "\n")
    answers.flush()


def _call(
    asked: dict[str, Any], handlers: dict[tuple[str, str], Any], operations: Operations
) -> dict[str, Any]:
    os.environ.update(asked["environment"])
    key = (asked["file"], asked["attribute"])
    if key not in handlers:
        try:
            handlers[key] = _handler(Path(asked["file"]), asked["attribute"])
        except UnusableError as error:
            return {"unusable": str(error)}
    if asked.get("import"):
        return {"seconds": 0.0}
    notes = Notes()
    event = asked["event"]
    if isinstance(event, dict):
        event = Noting(event, notes)
    operations.watch()
    operations.counts.clear()
    started = time.perf_counter()
    found: dict[str, Any]
    try:
        answer = handlers[key](event, Context(asked["name"], asked["seconds"]))
        seconds = time.perf_counter() - started
        # An answer may hold parts of the event: writing it reads them.
        found = {"answer": json.loads(json.dumps(answer))}
    # A handler may raise anything, and ending the process is one of the things.
    except (Exception, SystemExit) as error:
        seconds = time.perf_counter() - started
        found = {"error": f"{type(error).__name__}: {error}"[:500], "where": _where(error, asked["file"])}
    read = notes.read(unseen=not READ_UNSEEN.isdisjoint(sys.modules))
    return {**found, "seconds": seconds, "read": sorted(read), "operations": dict(operations.counts)}


def _where(error: BaseException, file: str) -> str:
    """File and line of the handler where it was raised; of whatever raised it where that is not in the file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if one.filename == file] or frames[-1:]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def _handler(path: Path, attribute: str) -> Any:
    name = f"busyhour_handler_{path.stem}"
    module = sys.modules.get(name)
    if module is None or getattr(module, "__file__", None) != str(path):
        sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise UnusableError("is no Python file")
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[name]
            raise UnusableError(f"cannot be imported: {type(error).__name__}: {error}") from error
    found = getattr(module, attribute, None)
    if not callable(found):
        raise UnusableError(f"has no function {attribute!r}")
    return found


if __name__ == "__main__":
    main()
