"""Runs invocations: admits them, gives each to a worker process, a URL or the latency model, counts what became of it.

The latency model needs nothing but a clock, so that it runs in virtual time too and costs one timer a call; a real
handler needs an event loop and wall time.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from busyhour.calls.chance import Stream, key_of, uuid_of
from busyhour.emulator.lambda_.admission import Admission, Throttle
from busyhour.emulator.lambda_.environment import Answer
from busyhour.emulator.lambda_.functions import Deployed, FunctionTable
from busyhour.emulator.lambda_.model import LatencyModel
from busyhour.emulator.lambda_.pool import EnvironmentPool, Recipe
from busyhour.emulator.lambda_.remote import invoke_url
from busyhour.emulator.lambda_.result import (
    MIB,
    RESPONSE_LIMIT_MESSAGE,
    InvocationResult,
    error_document,
    failure,
    full_log,
    throttled,
)
from busyhour.emulator.lambda_.variables import variables
from busyhour.emulator.ports import Dimensions, Metrics, Quotas
from busyhour.emulator.wire import ApiError

if TYPE_CHECKING:
    from busyhour.calls.ports import Clock

Done = Callable[[InvocationResult], None]

NAMESPACE = "AWS/Lambda"
OWN_NAMESPACE = "Busyhour/Emulator"
SYNCHRONOUS_PAYLOAD = "lambda.synchronous-payload"
ASYNCHRONOUS_PAYLOAD = "lambda.asynchronous-payload"


class LambdaEngine:
    """Invokes functions. One for each emulator.

    Args:
        table: the functions.
        quotas: applied values and tallies.
        metrics: receives AWS/Lambda and the emulator's own figures.
        clock: timers of the latency model.
        time: epoch seconds.
        seed: of every random choice.
        pool: worker processes.
        endpoint_url: where handlers find the emulator; asked when a process starts.
        region: of the account.
        secret_key: what handlers sign their requests with.
    """

    def __init__(
        self,
        table: FunctionTable,
        *,
        quotas: Quotas,
        metrics: Metrics,
        clock: Clock,
        time: Callable[[], float],
        seed: int,
        pool: EnvironmentPool,
        endpoint_url: Callable[[], str],
        region: str,
        secret_key: str = "emulator",
    ) -> None:
        self.table = table
        self.pool = pool
        self.admission = Admission(quotas)
        self._quotas = quotas
        self._metrics = metrics
        self._clock = clock
        self._time = time
        self._seed = seed
        self._endpoint_url = endpoint_url
        self._region = region
        self._secret_key = secret_key
        self._models: dict[str, LatencyModel] = {}
        self._dimensions: dict[str, Dimensions] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = Stream(seed, 0, key_of("lambda/request-id"))

    # ------------------------------------------------------------------------------------------- entries

    async def invoke(self, name_or_arn: str, payload: bytes, *, source: str = "") -> InvocationResult:
        """Invoke synchronously and wait for the outcome. `source` is who asks (`connect`); counted apart.

        Raises:
            ApiError: the function does not exist, or the payload is too large or no JSON.
        """
        deployed = self.table.find(name_or_arn)
        self.check_payload(payload, SYNCHRONOUS_PAYLOAD)
        self._count_source(deployed, source)
        return await self.invoke_found(deployed, payload, uuid_of(self._ids))

    async def invoke_found(self, deployed: Deployed, payload: bytes, request_id: str) -> InvocationResult:
        """As `invoke`, for a function that was found and a payload that was checked."""
        waiter: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()

        def done(result: InvocationResult) -> None:
            if not waiter.done():
                waiter.set_result(result)

        self.run(deployed, payload, done, request_id=request_id)
        return await waiter

    def start(
        self, name_or_arn: str, payload: bytes, done: Done, *, source: str = "", request_id: str = ""
    ) -> None:
        """Invoke and return at once; `done` hears the outcome once, a throttle before this returns.

        Raises:
            ApiError: as `invoke`.
        """
        deployed = self.table.find(name_or_arn)
        self.check_payload(payload, SYNCHRONOUS_PAYLOAD)
        self._count_source(deployed, source)
        self.run(deployed, payload, done, request_id=request_id or uuid_of(self._ids))

    def check_payload(self, payload: bytes, quota: str) -> None:
        """Raise ApiError for a payload above the quota."""
        unit = MIB if quota == SYNCHRONOUS_PAYLOAD else 1024
        limit = int(self._quotas.applied(quota) * unit)
        if len(payload) > limit:
            self._quotas.reject(quota, self._time())
            raise ApiError(
                "RequestTooLargeException",
                f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
                413,
                Type="User",
            )

    def new_request_id(self) -> str:
        """A request id from the emulator's own seeded stream."""
        return uuid_of(self._ids)

    def spawn(self, coroutine: object) -> None:
        """Keep a coroutine running until it is over or the engine closes."""
        task: asyncio.Task[None] = asyncio.ensure_future(coroutine)  # type: ignore[call-overload]  # any awaitable
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End every process and forget what runs."""
        for task in self._tasks:
            task.cancel()
        self.pool.close()

    # ---------------------------------------------------------------------------------------- one attempt

    def run(self, deployed: Deployed, payload: bytes, done: Done, *, request_id: str) -> None:
        """One attempt at a function that was found, with a payload that was checked."""
        name, at = deployed.name, self._time()
        dimensions = self._dimension(name)
        reserved = deployed.reserved
        admitted = self.admission.admit(name, reserved, self.reserved_total(), at)
        if isinstance(admitted, Throttle):
            if admitted.quota is not None:
                self._quotas.reject(admitted.quota, at)
            self._metrics.count(NAMESPACE, "Throttles", dimensions, 1, at)
            self._metrics.count(NAMESPACE, "Throttles", (), 1, at)
            done(throttled(admitted, request_id))
            return
        self._level(name, dimensions, at)

        def finish(result: InvocationResult, reusable: bool = True) -> None:
            ended = self._time()
            self.admission.release(name, reserved=reserved is not None, now=ended, reusable=reusable)
            self._count(name, dimensions, result, ended)
            done(result)

        if deployed.handler is None and deployed.function.url is None:
            self._run_model(deployed, admitted, request_id, finish)
        else:
            self.spawn(self._run_code(deployed, payload, admitted, request_id, finish))

    def reserved_total(self) -> int:
        """Reserved concurrency of all functions."""
        return sum(deployed.reserved or 0 for deployed in self.table)

    def _run_model(
        self, deployed: Deployed, cold: bool, request_id: str, finish: Callable[[InvocationResult], None]
    ) -> None:
        model = self._model(deployed)
        function = deployed.function
        init = model.cold_start() if cold else 0.0
        seconds = model.latency()
        timed_out = seconds > function.timeout
        if timed_out:
            seconds = function.timeout
            message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
            payload = error_document("Sandbox.Timedout", message)
            error: str | None = "Unhandled"
        else:
            payload, error = model.answer(request_id)
        result = InvocationResult(200, payload, error, seconds, request_id=request_id, init_seconds=init)
        result = dataclasses.replace(result, log=full_log(result, function.memory_mb, 0))
        self._clock.call_later(init + seconds, lambda: finish(result))

    async def _run_code(
        self, deployed: Deployed, payload: bytes, cold: bool, request_id: str, finish: Callable[..., None]
    ) -> None:
        function = deployed.function
        try:
            if function.url is not None:
                answer, init = await self._remote(deployed, function.url, payload, request_id), 0.0
            else:
                answer, init = await self._local(deployed, payload, cold, request_id)
        except asyncio.CancelledError:
            body = error_document("ServiceException", "the emulator was shut down during the invocation")
            finish(InvocationResult(500, body, request_id=request_id), reusable=False)
            raise
        except (OSError, RuntimeError) as problem:
            message = f"the emulator could not start a process for the function: {problem}"
            body = error_document("ServiceException", message)
            finish(InvocationResult(500, body, request_id=request_id), reusable=False)
            return
        error: str | None = None if answer.ok else "Unhandled"
        body, note = answer.payload, ""
        if not body and not answer.ok:
            limit = answer.seconds if answer.timed_out else function.timeout
            body = failure(answer, request_id, limit)
            note = json.loads(body)["errorMessage"] + "\n"
        limit_bytes = int(self._quotas.applied(SYNCHRONOUS_PAYLOAD) * MIB)
        if len(body) > limit_bytes:
            body = error_document(
                "Function.ResponseSizeTooLarge", RESPONSE_LIMIT_MESSAGE.format(limit=limit_bytes)
            )
            error = "Unhandled"
        result = InvocationResult(200, body, error, answer.seconds, None, request_id, answer.log, init)
        peak = function.memory_mb * 1024 if answer.out_of_memory else answer.peak_kib
        log = full_log(result, function.memory_mb, peak, note, deployed.version)
        finish(
            dataclasses.replace(result, log=log),
            reusable=answer.exit_status is None and not answer.timed_out,
        )

    async def _local(
        self, deployed: Deployed, payload: bytes, cold: bool, request_id: str
    ) -> tuple[Answer, float]:
        """The answer of a worker process, and the seconds of its initialisation."""
        function = deployed.function
        assert deployed.handler is not None
        file, handler = deployed.handler
        settings = variables(deployed, self._region, self._endpoint_url(), self._secret_key)
        async with self.pool.lease(
            Recipe(f"{deployed.name}:{deployed.revision}", file, handler, settings)
        ) as lease:
            if lease.waited > 0:
                where = self._dimension(function.name)
                self._metrics.count(OWN_NAMESPACE, "WorkerWait", where, lease.waited, self._time())
            init = lease.init_seconds
            if cold and function.cold_start is not None:
                extra = max(0.0, self._model(deployed).cold_start() - init)
                await asyncio.sleep(extra)
                init += extra
            answer = lease.environment.failure
            if answer is None:
                header = {"request_id": request_id, "arn": deployed.arn, "timeout": function.timeout}
                answer = await lease.environment.run(
                    header, payload, function.timeout, function.memory_mb * 1024
                )
        return answer, init

    async def _remote(self, deployed: Deployed, url: str, payload: bytes, request_id: str) -> Answer:
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Invoked-Function-Arn": deployed.arn,
        }
        return await invoke_url(url, payload, headers, deployed.function.timeout)

    # --------------------------------------------------------------------------------------------- parts

    def _model(self, deployed: Deployed) -> LatencyModel:
        model = self._models.get(deployed.name)
        if model is None:
            model = self._models[deployed.name] = LatencyModel(deployed, self._seed)
        return model

    def _dimension(self, name: str) -> Dimensions:
        found = self._dimensions.get(name)
        if found is None:
            found = self._dimensions[name] = (("FunctionName", name),)
        return found

    def _count_source(self, deployed: Deployed, source: str) -> None:
        if source:
            where = (("FunctionName", deployed.name), ("Source", source))
            self._metrics.count(OWN_NAMESPACE, "InvokeRequests", where, 1, self._time())

    def _level(self, name: str, dimensions: Dimensions, at: float) -> None:
        self._metrics.gauge(
            NAMESPACE, "ConcurrentExecutions", dimensions, self.admission.running_of(name), at
        )
        self._metrics.gauge(NAMESPACE, "ConcurrentExecutions", (), self.admission.running, at)

    def _count(self, name: str, dimensions: Dimensions, result: InvocationResult, at: float) -> None:
        for where in (dimensions, ()):
            self._metrics.count(NAMESPACE, "Invocations", where, 1, at)
            self._metrics.count(NAMESPACE, "Errors", where, 0 if result.ok else 1, at)
            self._metrics.count(NAMESPACE, "Duration", where, result.duration * 1000, at)
        self._level(name, dimensions, at)
