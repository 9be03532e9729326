"""Runs Lambda handlers, in a process of its own: `python -m busyhour.handlers.child`.

Reads JSON lines from standard input and writes one JSON line to standard output for each. The first line is the
setup (Region and tables); every other is an invocation, or an import alone. Output of handlers goes to standard
error. AWS is not reachable: moto answers every AWS call, and the credentials are dummies. Handlers run as in
Lambda's Python runtime, see `busyhour.handlers.runtime`; the event records which parts are read, see `noting`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from busyhour import extras, lifeline
from busyhour.handlers.functions import AWS_LIBRARIES, Function
from busyhour.handlers.noting import READ_UNSEEN, RecordedEvent, RecordedReads
from busyhour.handlers.runtime import failures, logs
from busyhour.handlers.runtime.context import LambdaContext
from busyhour.handlers.runtime.invocation import Outcome, failed, invoke
from busyhour.handlers.runtime.variables import trace_id

OVERTIME_SECONDS = 60.0
"""Seconds of processor time beyond an invocation's limit; the parent ends it long before, if it is alive."""


class NoAws:
    """Lets moto answer every AWS call, from the first import of boto3 on; handlers without it start faster.

    A finder for `sys.meta_path`: AWS's libraries are those of this installation, not copies among a function's
    files.
    """

    def __init__(self) -> None:
        self._started = False
        self._path = list(sys.path)
        self.running: Function | None = None
        """The current or last function."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find AWS's libraries only, and start moto before the first of them is imported."""
        if name.partition(".")[0] not in AWS_LIBRARIES:
            return None
        if not self._started:
            self._started = True
            self._start()
        return PathFinder.find_spec(name, self._path if path is None else path, target)

    def _start(self) -> None:
        theirs, sys.path[:] = list(sys.path), self._path  # moto's own imports are not the function's
        try:
            from moto import mock_aws
        except ImportError as error:
            raise extras.explain(error) or error from None
        mock_aws().start()
        sys.path[:] = theirs
        if self.running is not None:
            self.running.hide()


def main() -> None:
    """Process requests until standard input ends."""
    lifeline.follow(lifeline.end_self)
    # Handlers must neither read nor write the pipes of requests and responses.
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    setup = json.loads(questions.readline())
    os.environ.update(setup["variables"])
    no_aws = NoAws()
    sys.meta_path.insert(0, no_aws)
    try:
        _create(setup["tables"])
        _say(answers, {"ready": True})
    except Exception as error:
        _say(answers, {"error": f"tables cannot be made: {type(error).__name__}: {error}"})
    log = logs.set_up()
    functions: dict[str, Function] = {}
    operations = Operations()
    for line in questions:
        request = json.loads(line)
        function = functions.get(request["key"])
        if function is None:
            function = Function(Path(request["root"]), request["handler"], request["variables"])
            functions[request["key"]] = function
        if no_aws.running is not function:
            if no_aws.running is not None:
                no_aws.running.leave()
            function.enter()
            no_aws.running = function
        log.request_id = request["request_id"]
        lifeline.limit_processor_time(float(request.get("seconds", 0.0)) + OVERTIME_SECONDS)
        answer = _run(function, request, operations)
        lifeline.limit_processor_time(0.0)
        _say(answers, answer)


class Operations:
    """Counts the DynamoDB operations of one invocation by `table.Operation`, from boto3's clients.

    In addition `table.Operation:consistent` counts strongly consistent ones, `:items` the items of queries,
    scans and batches, and `:index:NAME` those of an index.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._watching = False

    def watch(self) -> None:
        """Start counting once botocore is imported; a handler may import it late."""
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
    """Return the tables of a request, one for each item if it has several."""
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


def _run(function: Function, request: dict[str, Any], operations: Operations) -> dict[str, Any]:
    """Run one invocation, or the import alone; an environment that exits is started again."""
    request_id = request["request_id"]
    try:
        handler = function.handler()
    except Exception as error:  # the handler's own code may raise anything
        return {"unusable": failed(error).payload.decode()}
    except BaseException as error:  # sys.exit during the import
        return {"unusable": failures.exited(request_id, failures.exit_status(error)).decode()}
    if "payload" not in request:
        return {"seconds": 0.0}
    notes = RecordedReads()
    operations.watch()
    operations.counts.clear()
    os.environ["_X_AMZN_TRACE_ID"] = trace_id(request_id)
    started = time.perf_counter()
    try:
        # A response may contain parts of the event: serialising it reads them.
        outcome = invoke(
            handler,
            request["payload"].encode(),
            request_id,
            lambda: LambdaContext(request_id, request["arn"], request["seconds"]),
            lambda event: RecordedEvent(event, notes) if isinstance(event, dict) else event,
        )
    except BaseException as error:  # sys.exit, and anything else that ends Lambda's runtime
        outcome = Outcome(False, failures.exited(request_id, failures.exit_status(error)))
        function.start_again()
    return {
        "ok": outcome.ok,
        "payload": outcome.payload.decode("utf-8", "replace"),
        "where": _where(outcome, request),
        "seconds": time.perf_counter() - started,
        "read": sorted(notes.read(unseen=not READ_UNSEEN.isdisjoint(sys.modules))),
        "operations": dict(operations.counts),
    }


def _where(outcome: Outcome, request: dict[str, Any]) -> str:
    """Return the innermost file and line of an error: in the handler's file, else in its folder, else anywhere."""
    frames = list(outcome.frames)
    own = [one for one in frames if one[0] == request["file"]]
    own = own or [one for one in frames if Path(one[0]).is_relative_to(request["root"])] or frames
    return f"{own[-1][0]}:{own[-1][1]}" if own else ""


if __name__ == "__main__":
    main()
