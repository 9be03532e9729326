"""Both programs that run handlers against the answers of AWS's own runtime interface client.

`facts/awslambdaric.json` has what awslambdaric 4.2.2 posted to a Runtime API on loopback for the handlers in it and for
`facts/results.py`. Every handler runs in a worker process of the emulator and in the process of explorations and
forecasts; each must give what awslambdaric gave.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from busyhour.emulator.lambda_.runtime.environment import Environment
from busyhour.emulator.lambda_.runtime.invocation_result import failure
from busyhour.handlers.process import REQUEST_ID, Handler, HandlerError, HandlerProcess
from busyhour.handlers.runtime.marshalling import marshalled, to_json
from busyhour.handlers.runtime.variables import variables

HERE = Path(__file__).parent / "facts"
FACTS: dict[str, Any] = json.loads((HERE / "awslambdaric.json").read_text(encoding="utf-8"))
RESULTS: dict[str, Any] = FACTS["results"]
NEWER: dict[str, Any] = FACTS["results_python3.12"]
BEHAVIOUR: dict[str, Any] = FACTS["behaviour"]
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
SECONDS = 3.0


@dataclass(frozen=True)
class Asked:
    """A handler, and the events that it gets one after the other; the last outcome counts."""

    root: Path
    handler: str
    event: Any
    times: int = 1
    client_context: str = ""


def emulator(asked: Asked) -> str:
    """Payload, or the error document, of a worker process of the emulator."""
    return asyncio.run(_emulated(asked))


async def _emulated(asked: Asked) -> str:
    given = variables(
        name="f",
        handler=asked.handler,
        root=str(asked.root),
        region="us-east-1",
        memory_mb=128,
        own={},
        access={},
    )
    environment = await Environment.start(asked.root, asked.handler, given, 30.0)
    try:
        header = {
            "request_id": REQUEST_ID,
            "arn": ARN,
            "timeout": SECONDS,
            "client_context": asked.client_context,
        }
        for _ in range(asked.times):
            answer = environment.failure or await environment.run(
                header, json.dumps(asked.event).encode(), SECONDS
            )
        return (answer.payload or failure(answer, REQUEST_ID, SECONDS)).decode()
    finally:
        environment.kill()


def exploration(asked: Asked) -> str:
    """The same of the process of explorations and forecasts."""
    module, _, name = asked.handler.rpartition(".")
    handler = Handler("f", asked.root / f"{module.replace('.', '/')}.py", name, {}, root=asked.root)
    process = HandlerProcess()
    try:
        process.load(handler)
        for _ in range(asked.times):
            answered = process.call(handler, asked.event, SECONDS, grace=10.0)
        assert answered is not None
        return answered.payload
    except HandlerError as error:
        return str(error)
    finally:
        process.close()


DRIVERS = [emulator, exploration]


CASES = [
    pytest.param(name, driver, id=f"{name}-{driver.__name__}")
    for name, case in BEHAVIOUR.items()
    for driver in DRIVERS
    # Connect passes no client context, and explorations invoke as Connect does.
    if driver is emulator or "client_context" not in case
]


@pytest.mark.parametrize(("name", "driver"), CASES)
def test_a_handler_has_the_outcome_that_it_has_on_aws(
    tmp_path: Path, name: str, driver: Callable[[Asked], str]
):
    case = BEHAVIOUR[name]
    for file, text in case["files"].items():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    asked = Asked(
        tmp_path,
        case.get("handler", "app.handler"),
        case.get("event", {"a": 1}),
        case.get("times", 1),
        case.get("client_context", ""),
    )
    agree(driver(asked).replace(str(tmp_path), "ROOT"), case["outcome"])


@pytest.fixture(scope="module", params=DRIVERS)
def results(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """What one environment answers, one event after the other."""
    if request.param is emulator:
        yield lambda name: emulator(Asked(HERE, "results.handler", name))
        return
    process = HandlerProcess()

    def ask(name: str) -> str:
        found = process.call(Handler("f", HERE / "results.py", "handler", {}), name, SECONDS, grace=10.0)  # type: ignore[arg-type]  # the event is a string
        assert found is not None
        return found.payload

    yield ask
    process.close()


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_written_as_it_is_on_aws(results: Callable[[str], str], name: str):
    expected = NEWER.get(name, RESULTS[name]) if sys.version_info >= (3, 12) else RESULTS[name]
    agree(results(name), expected)


@pytest.mark.parametrize("name", NEWER)
def test_from_python_3_12_on_text_is_not_escaped(monkeypatch: pytest.MonkeyPatch, name: str):
    sys.path.insert(0, str(HERE))
    try:
        made = importlib.import_module("results").RESULTS
    finally:
        sys.path.pop(0)
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.12")
    assert to_json(made[name]()) != RESULTS[name]["payload"]
    if "payload" in NEWER[name]:
        assert marshalled(made[name]()).decode() == NEWER[name]["payload"]
    else:  # the runtime ends
        with pytest.raises(SystemExit):
            marshalled(made[name]())


def agree(found: str, expected: dict[str, Any]) -> None:
    """Compare an outcome with AWS's; texts of Python's own that differ by its version are left out."""
    if "payload" in expected:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        payload = expected["payload"].replace("AWS_Lambda_python3.11", f"AWS_Lambda_python{version}")
        if sys.version_info >= (3, 12) and "\\u00fc" in payload:  # newer runtimes do not escape
            payload = json.dumps(json.loads(payload), ensure_ascii=False)
        assert found == payload
        return
    if "status" in expected:
        status = expected["status"]
        why = (
            f"exit status {status}"
            if status > 0
            else {0: "without providing a reason", -2: "signal: interrupt"}.get(status, "signal: killed")
        )
        assert "Runtime.ExitError" in found
        assert f"RequestId: {REQUEST_ID} Error: Runtime exited w" in found
        assert found.rstrip('"}').endswith(why)
        return
    error = expected["error"]
    message = error["errorMessage"].removesuffix(" while encoding a JSON object")
    if not found.startswith("{"):  # a handler that could not be imported, in one line
        assert found == f"{error['errorType']}: {message}"
        return
    document = json.loads(found)
    assert document["errorType"] == error["errorType"]
    assert document["errorMessage"].startswith(message)
    assert document["requestId"] in ("", REQUEST_ID)
    assert [one for one in document["stackTrace"] if "ROOT/" in one] == error["stackTrace"]
