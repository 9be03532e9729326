"""Runs invocations: admits them, passes each to a worker process, a URL or the latency model, counts its outcome.

The latency model needs only a clock, so it runs in virtual time too and costs one timer a call; a real
handler needs an event loop and wall time.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from busyhour.calls.chance import Stream, key_of, uuid_of
from busyhour.emulator.faults.requests import Fault, Faults, FunctionFailedError, UnreachableError
from busyhour.emulator.interfaces import Dimensions, Metrics, Quotas
from busyhour.emulator.lambda_.functions.store import Deployed, FunctionTable
from busyhour.emulator.lambda_.functions.variables import variables
from busyhour.emulator.lambda_.runtime.admission import Admission, Throttle
from busyhour.emulator.lambda_.runtime.execution import OWN_NAMESPACE, CodeRunner, Sent
from busyhour.emulator.lambda_.runtime.invocation_result import (
    MIB,
    InvocationResult,
    full_log,
    throttled,
)
from busyhour.emulator.lambda_.runtime.latency_model import LatencyModel
from busyhour.emulator.lambda_.runtime.pool import EnvironmentPool
from busyhour.emulator.messages import ApiError
from busyhour.handlers.runtime import failures

if TYPE_CHECKING:
    from busyhour.calls.ports import Clock

Done = Callable[[InvocationResult], None]

NAMESPACE = "AWS/Lambda"
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
        seed: seed of every random choice.
        pool: worker processes.
        endpoint_url: returns the emulator's URL for handlers; called when a process starts.
        region: Region of the account.
        secret_key: signing key of handlers.
        faults: faults of invocations.
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
        faults: Faults | None = None,
    ) -> None:
        self.table = table
        self.pool = pool
        self.admission = Admission(quotas)
        self._quotas = quotas
        self._metrics = metrics
        self._clock = clock
        self._time = time
        self._seed = seed
        self._runner = CodeRunner(
            pool,
            metrics,
            time,
            variables=lambda deployed: variables(deployed, region, endpoint_url(), secret_key),
            cold_start=lambda deployed: self._model(deployed).cold_start(),
            response_limit=lambda: int(quotas.applied(SYNCHRONOUS_PAYLOAD) * MIB),
        )
        self._faults = Faults(Random(seed)) if faults is None else faults
        self._models: dict[str, LatencyModel] = {}
        self._dimensions: dict[str, Dimensions] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = Stream(seed, 0, key_of("lambda/request-id"))

    # ------------------------------------------------------------------------------------------- entries

    async def invoke(self, name_or_arn: str, payload: bytes, *, source: str = "") -> InvocationResult:
        """Invoke synchronously and wait for the outcome. `source` is the caller (`connect`); counted separately.

        Raises:
            ApiError: the function does not exist, or the payload is too large or not JSON.
        """
        deployed = self.table.find(name_or_arn)
        self.check_payload(payload, SYNCHRONOUS_PAYLOAD)
        self._count_source(deployed, source)
        return await self.invoke_found(deployed, payload, uuid_of(self._ids))

    async def invoke_found(
        self, deployed: Deployed, payload: bytes, request_id: str, client_context: str = ""
    ) -> InvocationResult:
        """Invoke as `invoke` does, with a resolved function and a checked payload."""
        waiter: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()

        def done(result: InvocationResult) -> None:
            if not waiter.done():
                waiter.set_result(result)

        self.run(deployed, payload, done, request_id=request_id, client_context=client_context)
        return await waiter

    def start(
        self, name_or_arn: str, payload: bytes, done: Done, *, source: str = "", request_id: str = ""
    ) -> None:
        """Invoke and return at once; `done` is called once with the outcome, for a throttle before this returns.

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
        """Make a request id from the emulator's own seeded stream."""
        return uuid_of(self._ids)

    def spawn(self, coroutine: object) -> None:
        """Keep a coroutine running until it ends or the engine closes."""
        task: asyncio.Task[None] = asyncio.ensure_future(coroutine)  # type: ignore[call-overload]  # any awaitable
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Stop every process and delete the state of running invocations."""
        for task in self._tasks:
            task.cancel()
        self.pool.close()

    # ---------------------------------------------------------------------------------------- one attempt

    def run(
        self, deployed: Deployed, payload: bytes, done: Done, *, request_id: str, client_context: str = ""
    ) -> None:
        """Make one attempt at a resolved function, with a checked payload."""
        sent = Sent(payload, request_id, client_context)
        fault = self._faults.of("lambda", "Invoke", (deployed.name,)) if self._faults else None
        if fault is None:
            self._admit(deployed, sent, done)
        elif fault.latency_seconds:
            self._clock.call_later(fault.latency_seconds, lambda: self._strike(fault, deployed, sent, done))
        else:
            self._strike(fault, deployed, sent, done)

    def _strike(self, fault: Fault, deployed: Deployed, sent: Sent, done: Done) -> None:
        """Apply a fault to an attempt: its outcome if the fault ends it."""
        failed, request_id = b"", sent.request_id
        try:
            self._faults.strike(fault, "lambda")
        except UnreachableError:
            done(InvocationResult(0, b"", request_id=request_id))
            return
        except ApiError as error:
            if error.status == 429:
                done(throttled(Throttle("CallerRateLimitExceeded", None), request_id))
            else:
                body = failures.document(error.code, error.message)
                done(InvocationResult(error.status, body, request_id=request_id))
            return
        except FunctionFailedError:
            failed = failures.document("InjectedFault", "An injected fault.", requestId=request_id)
        self._admit(deployed, sent, done, failed)

    def _admit(self, deployed: Deployed, sent: Sent, done: Done, failed: bytes = b"") -> None:
        """Admit the attempt or reject it; `failed` is an error that ends it regardless of the code."""
        name, at, request_id = deployed.name, self._time(), sent.request_id
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

        if failed:
            finish(InvocationResult(200, failed, "Unhandled", request_id=request_id))
        elif deployed.handler is None and deployed.function.url is None:
            self._run_model(deployed, admitted, request_id, finish)
        else:
            self.spawn(self._runner.run(deployed, sent, admitted, finish))

    def reserved_total(self) -> int:
        """Return the reserved concurrency of all functions."""
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
            payload = failures.timed_out(request_id, seconds)
            error: str | None = "Unhandled"
        else:
            payload, error = model.answer(request_id)
        result = InvocationResult(200, payload, error, seconds, request_id=request_id, init_seconds=init)
        result = dataclasses.replace(result, log=full_log(result, function.memory_mb, 0))
        self._clock.call_later(init + seconds, lambda: finish(result))

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
