"""Invoking functions: real handlers in processes, the latency model, what goes wrong with each."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from busyhour.emulator.messages import ApiError
from busyhour.scenarios.model import Distribution, Function


def invoke_once(emulated, run, function, payload=b"{}", **options):
    async def go():
        async with emulated(function, **options) as lab:
            return await lab.engine.invoke(function.name, payload)

    return run(go())


# ------------------------------------------------------------------------------------------- what goes well


def test_a_handler_gets_the_event_and_answers(emulated, run, handler):
    function = handler("def handler(event, context):\n    return {'hello': event['name']}\n")
    result = invoke_once(emulated, run, function, b'{"name": "Ann"}')
    assert (result.status, result.function_error, json.loads(result.payload)) == (200, None, {"hello": "Ann"})


def test_the_context_and_the_environment_are_those_of_lambda(emulated, run, handler):
    function = handler(
        "import os\n"
        "def handler(event, context):\n"
        "    return {'id': context.aws_request_id, 'name': context.function_name,\n"
        "            'arn': context.invoked_function_arn, 'memory': context.memory_limit_in_mb,\n"
        "            'left': context.get_remaining_time_in_millis(), 'env': dict(os.environ)}\n",
        environment={"TABLE": "customers"},
        memory_mb=256,
        timeout=5.0,
    )
    result = invoke_once(emulated, run, function)
    answer = json.loads(result.payload)
    assert answer["id"] == result.request_id
    assert answer["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:lookup"
    assert (answer["name"], answer["memory"]) == ("lookup", "256")
    assert 3000 < answer["left"] <= 5000
    env = answer["env"]
    assert env["TABLE"] == "customers"
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == "lookup"
    assert env["AWS_REGION"] == "us-east-1"
    assert env["_HANDLER"] == "lookup.handler"


def test_the_handlers_never_see_the_users_own_credentials(emulated, run, handler, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    function = handler("import os\ndef handler(event, context):\n    return dict(os.environ)\n")
    env = json.loads(invoke_once(emulated, run, function).payload)
    assert "AWS_PROFILE" not in env
    assert env["AWS_SESSION_TOKEN"] != "secret"
    assert env["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_an_environment_is_imported_once_and_reused(emulated, run, handler):
    function = handler(
        "import os\ncalls = []\ndef handler(e, c):\n    calls.append(1)\n    return [os.getpid(), len(calls)]\n"
    )

    async def go():
        async with emulated(function) as lab:
            return [json.loads((await lab.engine.invoke("lookup", b"{}")).payload) for _ in range(3)]

    answers = run(go())
    assert len({pid for pid, _ in answers}) == 1
    assert [count for _, count in answers] == [1, 2, 3]


def test_an_environment_runs_one_event_at_a_time(emulated, run, handler):
    function = handler("import os, time\ndef handler(e, c):\n    time.sleep(0.3)\n    return os.getpid()\n")

    async def go():
        async with emulated(function) as lab:
            results = await asyncio.gather(*(lab.engine.invoke("lookup", b"{}") for _ in range(3)))
            return [json.loads(r.payload) for r in results], lab.engine.pool.live

    pids, live = run(go())
    assert len(set(pids)) == 3
    assert live == 3


def test_what_the_handler_prints_and_logs_is_its_log(emulated, run, handler):
    function = handler(
        "import logging, sys, os\n"
        "def handler(e, c):\n"
        "    print('to stdout')\n"
        "    os.write(1, b'to the file descriptor\\n')\n"
        "    logging.getLogger().warning('careful %s', 'now')\n"
    )
    result = invoke_once(emulated, run, function)
    log = result.log.decode()
    assert log.startswith(f"START RequestId: {result.request_id} Version: $LATEST\n")
    assert "to stdout\n" in log
    assert "to the file descriptor\n" in log
    assert f"Z\t{result.request_id}\tcareful now\n" in log
    assert "[WARNING]\t" in log
    assert f"REPORT RequestId: {result.request_id}\tDuration: " in log
    assert "Init Duration: " in log


def test_decimals_become_numbers(emulated, run, handler):
    function = handler("from decimal import Decimal\ndef handler(e, c):\n    return {'n': Decimal('1.5')}\n")
    assert json.loads(invoke_once(emulated, run, function).payload) == {"n": 1.5}


# ------------------------------------------------------------------------------------------ what goes wrong


def test_a_handler_that_raises_is_an_unhandled_error_with_its_stack(emulated, run, handler):
    function = handler("def handler(event, context):\n    raise LookupError('no such customer')\n")
    result = invoke_once(emulated, run, function)
    error = json.loads(result.payload)
    assert (result.status, result.function_error) == (200, "Unhandled")
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "no such customer")
    assert error["requestId"] == result.request_id
    assert len(error["stackTrace"]) == 1
    assert "lookup.py" in error["stackTrace"][0]
    assert b"[ERROR] LookupError: no such customer\nTraceback" in result.log


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        (
            "import nosuchmodule_\n",
            "Runtime.ImportModuleError",
            "Unable to import module 'lookup': No module named",
        ),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'lookup'"),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'lookup'"),
        ("raise ValueError('at import')\n", "ValueError", "at import"),
        ("import sys\nsys.exit(3)\n", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("def handler(e, c):\n    return {1, 2}\n", "Runtime.MarshalError", "set is not JSON serializable"),
        ("import sys\ndef handler(e, c):\n    sys.exit(1)\n", "Runtime.ExitError", "exit status 1"),
        ("import os\ndef handler(e, c):\n    os._exit(7)\n", "Runtime.ExitError", "exit status 7"),
        (
            "import os\ndef handler(e, c):\n    os._exit(0)\n",
            "Runtime.ExitError",
            "without providing a reason",
        ),
        (
            "import os\ndef handler(e, c):\n    os.kill(os.getpid(), 9)\n",
            "Runtime.ExitError",
            "signal: killed",
        ),
    ],
)
def test_broken_handlers_end_in_lambdas_words(emulated, run, handler, source, kind, message):
    result = invoke_once(emulated, run, handler(source))
    error = json.loads(result.payload)
    assert result.function_error == "Unhandled"
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


def test_a_handler_file_that_does_not_exist_is_an_import_error(emulated, run, tmp_path):
    function = Function("gone", handler=f"{tmp_path}/nowhere/gone.py:handler")
    error = json.loads(invoke_once(emulated, run, function).payload)
    assert error["errorType"] == "Runtime.ImportModuleError"


@pytest.mark.parametrize(
    "hang", ["while True: pass", "import time; time.sleep(60)", "__import__('signal').pause()"]
)
def test_a_handler_that_hangs_is_stopped_at_its_timeout(emulated, run, handler, hang):
    function = handler(f"import os\ndef handler(e, c):\n    print(os.getpid())\n    {hang}\n", timeout=0.5)

    async def go():
        async with emulated(function) as lab:
            began = time.monotonic()
            result = await lab.engine.invoke("lookup", b"{}")
            return result, time.monotonic() - began, lab.engine.pool.live

    result, seconds, live = run(go())
    error = json.loads(result.payload)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"] == f"RequestId: {result.request_id} Error: Task timed out after 0.50 seconds"
    assert result.duration == 0.5
    assert seconds < 10
    assert live == 0


def test_a_stopped_handler_takes_its_own_children_with_it(emulated, run, handler):
    function = handler(
        "import subprocess, sys, time\n"
        "def handler(e, c):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    sys.stderr.write(f'child {child.pid} ')\n"
        "    sys.stderr.flush()\n"
        "    time.sleep(60)\n",
        timeout=1.5,
    )
    result = invoke_once(emulated, run, function)
    child = int(result.log.decode().split("child ")[1].split()[0])
    for _ in range(100):
        if not _running(child):
            return
        time.sleep(0.02)
    pytest.fail(f"process {child} still runs")


def test_an_import_that_hangs_is_stopped(emulated, run, handler):
    function = handler("import time\ntime.sleep(60)\n")
    error = json.loads(invoke_once(emulated, run, function, init_limit=0.5).payload)
    assert error["errorType"] == "Sandbox.Timedout"


def test_a_function_recovers_after_its_environment_died(emulated, run, handler):
    function = handler("import os\ndef handler(e, c):\n    if e.get('die'): os._exit(1)\n    return 'fine'\n")

    async def go():
        async with emulated(function, processes=1) as lab:
            first = await lab.engine.invoke("lookup", b'{"die": true}')
            return first, await lab.engine.invoke("lookup", b"{}")

    first, second = run(go())
    assert first.function_error == "Unhandled"
    assert second.payload == b'"fine"'


def test_a_response_over_the_limit_is_refused(emulated, run, handler):
    function = handler("def handler(e, c):\n    return 'x' * (7 * 1024 * 1024)\n")
    result = invoke_once(emulated, run, function)
    assert json.loads(result.payload)["errorType"] == "Function.ResponseSizeTooLarge"
    assert result.function_error == "Unhandled"


def test_a_payload_over_the_limit_never_reaches_the_function(emulated, run, handler):
    function = handler("def handler(e, c):\n    return 1\n")
    with pytest.raises(ApiError) as error:
        invoke_once(emulated, run, function, b'"' + b"x" * 6 * 1024 * 1024 + b'"')
    assert (error.value.code, error.value.status) == ("RequestTooLargeException", 413)


def test_a_function_that_does_not_exist_is_not_found(emulated, run):
    async def go():
        async with emulated() as lab:
            await lab.engine.invoke("missing", b"{}")

    with pytest.raises(ApiError, match="missing") as error:
        run(go())
    assert (error.value.code, error.value.status) == ("ResourceNotFoundException", 404)


# --------------------------------------------------------------------------------------------- few processes


def test_beyond_the_cap_invocations_wait_and_the_wait_is_told_apart(emulated, run, handler):
    function = handler("import time\ndef handler(e, c):\n    time.sleep(0.2)\n")

    async def go():
        async with emulated(function, processes=1) as lab:
            results = await asyncio.gather(*(lab.engine.invoke("lookup", b"{}") for _ in range(3)))
            return results, lab.engine.pool.live, lab.total("WorkerWait", "lookup", "Busyhour/Emulator")

    results, live, wait = run(go())
    assert all(result.ok for result in results)
    assert live == 1
    assert wait >= 0.5  # the second waits 0.2 s after the start, the third 0.4 s
    assert all(result.duration < 0.4 for result in results)


def test_a_function_without_a_process_takes_an_idle_one_of_another(emulated, run, handler):
    one = handler("def handler(e, c):\n    return 1\n", name="one")
    two = handler("def handler(e, c):\n    return 2\n", name="two")

    async def go():
        async with emulated(one, two, processes=1) as lab:
            return [
                (await lab.engine.invoke(n, b"{}")).payload for n in ("one", "two", "one")
            ], lab.engine.pool.live

    assert run(go()) == ([b"1", b"2", b"1"], 1)


def test_a_busy_function_does_not_starve_another(emulated, run, handler):
    busy = handler("import time\ndef handler(e, c):\n    time.sleep(0.05)\n", name="busy")
    rare = handler("def handler(e, c):\n    return 'here'\n", name="rare")

    async def go():
        async with emulated(busy, rare, processes=1) as lab:
            crowd = [asyncio.ensure_future(lab.engine.invoke("busy", b"{}")) for _ in range(20)]
            await asyncio.sleep(0)
            result = await lab.engine.invoke("rare", b"{}")
            left = sum(not task.done() for task in crowd)
            await asyncio.gather(*crowd)
            return result.payload, left

    payload, left = run(go())
    assert payload == b'"here"'
    assert left > 10


def test_closing_ends_every_process(emulated, run, handler):
    function = handler(
        "import os, time\ndef handler(e, c):\n    if e.get('hang'): time.sleep(60)\n    return os.getpid()\n"
    )

    async def go():
        async with emulated(function) as lab:
            pid = json.loads((await lab.engine.invoke("lookup", b"{}")).payload)
            hanging = asyncio.ensure_future(lab.engine.invoke("lookup", b'{"hang": true}'))
            await asyncio.sleep(0.1)
        return pid, await hanging

    pid, hanging = run(go())
    assert hanging.status == 500
    assert b"shut down" in hanging.payload
    assert not _running(pid)


# ------------------------------------------------------------------------------------------- latency model


def test_the_latency_model_answers_as_declared_after_its_duration(emulated, run):
    function = Function("model", latency=Distribution("constant", 0.1), response={"tier": "gold"})
    began = time.monotonic()
    result = invoke_once(emulated, run, function)
    assert time.monotonic() - began >= 0.09
    assert json.loads(result.payload) == {"tier": "gold"}
    assert result.duration == pytest.approx(0.1)


def test_the_latency_model_fails_the_declared_share_and_is_seeded(emulated, run):
    function = Function("model", error_share=0.3)

    async def go():
        async with emulated(function) as lab:
            return [(await lab.engine.invoke("model", b"{}")).function_error for _ in range(200)]

    first, second = run(go()), run(go())
    assert first == second
    assert 40 <= first.count("Unhandled") <= 80


def test_the_latency_model_times_out_like_a_handler(emulated, run):
    function = Function("slow", latency=Distribution("constant", 9.0), timeout=0.1)
    result = invoke_once(emulated, run, function)
    assert json.loads(result.payload)["errorType"] == "Sandbox.Timedout"
    assert result.duration == pytest.approx(0.1)


def test_a_cold_start_comes_first_and_is_not_in_the_duration(emulated, run):
    function = Function(
        "model", latency=Distribution("constant", 0.01), cold_start=Distribution("constant", 0.2)
    )

    async def go():
        async with emulated(function) as lab:
            times = []
            for _ in range(2):
                began = time.monotonic()
                result = await lab.engine.invoke("model", b"{}")
                times.append((time.monotonic() - began, result.init_seconds, result.duration))
            return times

    cold, warm = run(go())
    assert cold[0] >= 0.19
    assert cold[1:] == (pytest.approx(0.2), pytest.approx(0.01))
    assert warm[0] < 0.15
    assert warm[1:] == (0.0, pytest.approx(0.01))


# ------------------------------------------------------------------------------------------ limits, metrics


def test_the_accounts_concurrency_throttles_with_its_reason(emulated, run):
    function = Function("model", latency=Distribution("constant", 0.2))

    async def go():
        async with emulated(function, quotas={"L-B99A9384": 2}) as lab:
            results = await asyncio.gather(*(lab.engine.invoke("model", b"{}") for _ in range(5)))
            tally = {t.quota.key: t for t in lab.limits.tallies()}["lambda.concurrent-executions"]
            return results, tally, lab

    results, tally, lab = run(go())
    refused = [r for r in results if r.status == 429]
    assert len(refused) == 3
    assert {r.throttled_reason for r in refused} == {"ConcurrentInvocationLimitExceeded"}
    assert json.loads(refused[0].payload)["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert (tally.rejected, tally.peak) == (3, 3)  # throttled requests count as demand
    assert lab.total("Throttles", "model") == 3
    assert lab.total("Invocations", "model") == 2


def test_metrics_are_those_of_aws(emulated, run):
    function = Function("model", latency=Distribution("constant", 0.05), error_share=1.0)

    async def go():
        async with emulated(function) as lab:
            await lab.engine.invoke("model", b"{}", source="connect")
            return lab

    lab = run(go())
    assert lab.total("Invocations", "model") == 1
    assert lab.total("Errors", "model") == 1
    assert lab.total("Duration", "model") == pytest.approx(50.0)
    assert lab.metrics.total("AWS/Lambda", "Invocations", ()) == 1
    where = (("FunctionName", "model"), ("Source", "connect"))
    assert lab.metrics.total("Busyhour/Emulator", "InvokeRequests", where) == 1


def test_start_calls_back_instead_of_being_awaited(emulated, run):
    function = Function("model", latency=Distribution("constant", 0.01))

    async def go():
        async with emulated(function, quotas={"L-B99A9384": 1}) as lab:
            heard = []
            lab.engine.start("model", b"{}", heard.append)
            assert heard == []
            lab.engine.start("model", b"{}", heard.append)
            assert [r.status for r in heard] == [429]  # a throttle is heard at once
            await asyncio.sleep(0.1)
            return [r.status for r in heard]

    assert run(go()) == [429, 200]


def _running(pid: int) -> bool:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )  # a zombie only waits to be looked at
    except FileNotFoundError:
        return False
