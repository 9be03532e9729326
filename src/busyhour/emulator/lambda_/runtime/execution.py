"""Runs the code of a function: in a worker process here, or behind a URL."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from busyhour.emulator.interfaces import Metrics
from busyhour.emulator.lambda_.functions.store import Deployed
from busyhour.emulator.lambda_.runtime.environment import Answer
from busyhour.emulator.lambda_.runtime.invocation_result import (
    RESPONSE_LIMIT_MESSAGE,
    InvocationResult,
    failure,
    full_log,
)
from busyhour.emulator.lambda_.runtime.pool import EnvironmentPool, Recipe
from busyhour.emulator.lambda_.runtime.remote import invoke_url
from busyhour.handlers.runtime import failures

OWN_NAMESPACE = "Busyhour/Emulator"


@dataclass(frozen=True, slots=True)
class Sent:
    """Input of Invoke; `client_context` is JSON or empty."""

    payload: bytes
    request_id: str
    client_context: str = ""


class CodeRunner:
    """Runs invocations of code.

    Args:
        pool: worker processes.
        metrics: receives the waiting times for a process.
        time: epoch seconds.
        variables: returns the environment variables of a function.
        cold_start: draws the length of a cold start, seconds.
        response_limit: maximum bytes of a response.
    """

    def __init__(
        self,
        pool: EnvironmentPool,
        metrics: Metrics,
        time: Callable[[], float],
        *,
        variables: Callable[[Deployed], Mapping[str, str]],
        cold_start: Callable[[Deployed], float],
        response_limit: Callable[[], int],
    ) -> None:
        self._pool = pool
        self._metrics = metrics
        self._time = time
        self._variables = variables
        self._cold_start = cold_start
        self._response_limit = response_limit

    async def run(self, deployed: Deployed, sent: Sent, cold: bool, finish: Callable[..., None]) -> None:
        """Run one invocation; `finish` is called with the result and whether the environment can be reused."""
        function, request_id = deployed.function, sent.request_id
        try:
            if function.url is not None:
                answer, init = await _remote(deployed, function.url, sent), 0.0
            else:
                answer, init = await self._local(deployed, sent, cold)
        except asyncio.CancelledError:
            body = failures.document("ServiceException", "the emulator was shut down during the invocation")
            finish(InvocationResult(500, body, request_id=request_id), reusable=False)
            raise
        except (OSError, RuntimeError) as problem:
            message = f"the emulator could not start a process for the function: {problem}"
            body = failures.document("ServiceException", message)
            finish(InvocationResult(500, body, request_id=request_id), reusable=False)
            return
        error: str | None = None if answer.ok else "Unhandled"
        body, note = answer.payload, ""
        if not body and not answer.ok:
            body = failure(answer, request_id, answer.seconds if answer.timed_out else function.timeout)
            note = json.loads(body)["errorMessage"] + "\n"
        limit = self._response_limit()
        if len(body) > limit:
            body = failures.document(
                "Function.ResponseSizeTooLarge", RESPONSE_LIMIT_MESSAGE.format(limit=limit)
            )
            error = "Unhandled"
        result = InvocationResult(200, body, error, answer.seconds, None, request_id, answer.log, init)
        peak = function.memory_mb * 1024 if answer.out_of_memory else answer.peak_kib
        log = full_log(result, function.memory_mb, peak, note, deployed.version)
        finish(
            dataclasses.replace(result, log=log),
            reusable=answer.exit_status is None and not answer.timed_out,
        )

    async def _local(self, deployed: Deployed, sent: Sent, cold: bool) -> tuple[Answer, float]:
        """Return the response of a worker process, and the seconds of its initialisation."""
        function = deployed.function
        root = deployed.root
        assert root is not None
        name = f"{deployed.name}:{deployed.revision}"
        recipe = Recipe(name, root.absolute(), deployed.handler_name, self._variables(deployed))
        async with self._pool.lease(recipe) as lease:
            if lease.waited > 0:
                where = (("FunctionName", function.name),)
                self._metrics.count(OWN_NAMESPACE, "WorkerWait", where, lease.waited, self._time())
            init = lease.init_seconds
            if cold and function.cold_start is not None:
                extra = max(0.0, self._cold_start(deployed) - init)
                await asyncio.sleep(extra)
                init += extra
            answer = lease.environment.failure
            if answer is None:
                header = {"request_id": sent.request_id, "arn": deployed.arn, "timeout": function.timeout}
                if sent.client_context:
                    header["client_context"] = sent.client_context
                memory_kib = function.memory_mb * 1024
                answer = await lease.environment.run(header, sent.payload, function.timeout, memory_kib)
        return answer, init


async def _remote(deployed: Deployed, url: str, sent: Sent) -> Answer:
    headers = {
        "Lambda-Runtime-Aws-Request-Id": sent.request_id,
        "Lambda-Runtime-Invoked-Function-Arn": deployed.arn,
    }
    if sent.client_context:
        headers["Lambda-Runtime-Client-Context"] = sent.client_context
    return await invoke_url(url, sent.payload, headers, deployed.function.timeout)
