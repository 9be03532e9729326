from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from busyhour.emulator.cloudwatch.store import MetricStore
from busyhour.emulator.lambda_.api.service import LambdaService
from busyhour.emulator.lambda_.functions.store import FunctionTable
from busyhour.emulator.lambda_.runtime.asynchronous import AsyncPolicy, EventQueue
from busyhour.emulator.lambda_.runtime.engine import LambdaEngine
from busyhour.emulator.lambda_.runtime.pool import EnvironmentPool
from busyhour.emulator.quotas.throttling import Limits
from busyhour.emulator.server.timers import LoopClock
from busyhour.quotas.table.quota_table import QuotaTable, load
from busyhour.scenarios.model import Function


@dataclass
class Emulated:
    """A Lambda service with everything it needs, on the running loop."""

    service: LambdaService
    engine: LambdaEngine
    events: EventQueue
    limits: Limits
    metrics: MetricStore

    def total(self, name: str, function: str, namespace: str = "AWS/Lambda") -> float:
        return self.metrics.total(namespace, name, (("FunctionName", function),))


@pytest.fixture(scope="session")
def quota_table() -> QuotaTable:
    return load()


@pytest.fixture
def emulated(quota_table: QuotaTable) -> Callable[..., Any]:
    @asynccontextmanager
    async def build(
        *functions: Function,
        quotas: Mapping[str, float] | None = None,
        processes: int = 4,
        init_limit: float = 30.0,
        policy: AsyncPolicy | None = None,
    ) -> AsyncIterator[Emulated]:
        import asyncio

        loop = asyncio.get_running_loop()
        clock = LoopClock()
        clock.attach(loop)
        limits = Limits(quota_table, quotas or {}, clock.now)
        metrics = MetricStore()
        table = FunctionTable({f.name: f for f in functions}, "us-east-1", "123456789012")
        engine = LambdaEngine(
            table,
            quotas=limits,
            metrics=metrics,
            clock=clock,
            time=clock.now,
            seed=1,
            pool=EnvironmentPool(processes, init_limit),
            endpoint_url=lambda: "http://127.0.0.1:9",
            region="us-east-1",
        )
        events = EventQueue(engine, metrics, clock, clock.now, policy)
        try:
            yield Emulated(LambdaService(engine, events, limits, clock.now), engine, events, limits, metrics)
        finally:
            engine.close()
            clock.stop()

    return build


@pytest.fixture
def handler(tmp_path: Path) -> Callable[..., Function]:
    """A function whose handler is the given source."""

    def write(source: str, name: str = "lookup", callable_name: str = "handler", **more: Any) -> Function:
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        return Function(name=name, handler=f"{path}:{callable_name}", **more)

    return write


def run(work: Awaitable[Any]) -> Any:
    import asyncio

    async def bounded() -> Any:
        return await asyncio.wait_for(work, 30)

    return asyncio.run(bounded())


@pytest.fixture(name="run")
def run_fixture() -> Callable[[Awaitable[Any]], Any]:
    return run
