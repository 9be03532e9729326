"""The worker processes of all functions: few, reused, never leaked.

`admission` models how many invocations Lambda runs at once; this module limits how many processes this machine
runs. Beyond the cap invocations wait here, and the wait is reported as a figure of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from busyhour.emulator.lambda_.runtime.environment import Environment

DEFAULT_PROCESSES = 8
INIT_LIMIT = 30.0
"""Maximum seconds of an import. Lambda allows 10 on its own machines; a laptop under load needs longer."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Parameters of an environment."""

    function: str
    root: Path
    handler: str
    variables: Mapping[str, str]


@dataclass(slots=True)
class Lease:
    """An environment for one invocation.

    `waited` seconds for a process of the machine, `started` seconds to start.
    """

    environment: Environment
    waited: float
    init_seconds: float
    cold: bool


@dataclass(slots=True)
class _Shelf:
    """The environments of one function."""

    idle: list[Environment] = field(default_factory=list)
    live: int = 0


@dataclass(slots=True, eq=False)
class _Waiter:
    function: str
    ready: asyncio.Future[Environment | None]
    """The environment passed on, or None: there is room to start one."""


class EnvironmentPool:
    """At most `processes` environments at once, each function reusing its own.

    Args:
        processes: cap on live worker processes over all functions.
        init_limit: maximum seconds to import a handler.
        start: starts an environment; tests pass their own.
    """

    def __init__(
        self,
        processes: int = DEFAULT_PROCESSES,
        init_limit: float = INIT_LIMIT,
        start: Callable[[Path, str, Mapping[str, str], float], Awaitable[Environment]] | None = None,
    ) -> None:
        self._cap = processes
        self._init_limit = init_limit
        self._start = start or Environment.start
        self._shelves: dict[str, _Shelf] = {}
        self._live = 0
        self._waiters: deque[_Waiter] = deque()
        self._all: set[Environment] = set()
        self._closed = False

    @property
    def live(self) -> int:
        """Number of worker processes that exist or are being started."""
        return self._live

    @property
    def waiting(self) -> int:
        """Number of invocations that wait for a process."""
        return len(self._waiters)

    @asynccontextmanager
    async def lease(self, recipe: Recipe) -> AsyncIterator[Lease]:
        """Lease an environment of the function for the length of the block; broken ones are discarded afterwards.

        Raises:
            OSError: the machine provides no further process.
            RuntimeError: the pool is closed.
        """
        loop = asyncio.get_running_loop()
        requested = loop.time()
        environment = await self._acquire(recipe.function)
        got = loop.time()
        cold = environment is None
        if environment is None:
            try:
                environment = await self._start(
                    recipe.root, recipe.handler, recipe.variables, self._init_limit
                )
            except BaseException:
                if not self._closed:
                    self._forget(recipe.function)
                raise
            self._all.add(environment)
        try:
            yield Lease(environment, got - requested, loop.time() - got if cold else 0.0, cold)
        except BaseException:
            environment.kill()
            raise
        finally:
            self._release(recipe.function, environment)

    async def _acquire(self, function: str) -> Environment | None:
        """Return a free environment, or None if the caller may start one."""
        if self._closed:
            raise RuntimeError("the worker processes are shut down")
        shelf = self._shelves.setdefault(function, _Shelf())
        while shelf.idle:
            environment = shelf.idle.pop()
            if environment.alive:
                return environment
            self._bury(function, environment)
        if self._live < self._cap or self._evict_idle():
            self._live += 1
            shelf.live += 1
            return None
        waiter = _Waiter(function, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            return await waiter.ready
        except asyncio.CancelledError:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif waiter.ready.done() and not waiter.ready.cancelled():
                self._pass_on(function, waiter.ready.result())
            raise

    def _release(self, function: str, environment: Environment) -> None:
        """Take an environment back and pass it, or its place, to a waiting invocation."""
        if not environment.alive or self._closed:
            self._all.discard(environment)
            environment.kill()
            if not self._closed:
                self._pass_on(function, None)
        else:
            self._pass_on(function, environment)

    def _pass_on(self, function: str, environment: Environment | None) -> None:
        """Give `environment` of `function`, or its empty place (None), to the right waiter, or keep it.

        A function without any process comes first, then the function's own waiters, then the longest waiting:
        two busy functions do not repeatedly take each other's processes away.
        """
        chosen = next((w for w in self._waiters if not self._shelves[w.function].live), None)
        if chosen is None:
            chosen = next((w for w in self._waiters if w.function == function), None)
        if chosen is None and environment is None and self._waiters:
            chosen = self._waiters[0]
        if chosen is None:
            if environment is None:
                self._forget(function)
            else:
                self._shelves[function].idle.append(environment)
            return
        self._waiters.remove(chosen)
        if chosen.function == function:
            chosen.ready.set_result(environment)
            return
        if environment is not None:
            self._all.discard(environment)
            environment.kill()
        self._shelves[function].live -= 1
        self._shelves[chosen.function].live += 1
        chosen.ready.set_result(None)

    def _evict_idle(self) -> bool:
        """End one idle environment of another function; return whether there was one."""
        for name, shelf in self._shelves.items():
            if shelf.idle:
                self._bury(name, shelf.idle.pop(0))
                return True
        return False

    def _bury(self, function: str, environment: Environment) -> None:
        self._all.discard(environment)
        environment.kill()
        self._count_out(function)

    def _count_out(self, function: str) -> None:
        self._live -= 1
        self._shelves[function].live -= 1

    def _forget(self, function: str) -> None:
        """Free a place; a waiter, if there is one, may start a process in it."""
        if self._waiters:
            self._pass_on(function, None)
        else:
            self._count_out(function)

    def drop(self, function: str) -> None:
        """End the idle environments of a function whose code or settings changed."""
        shelf = self._shelves.get(function)
        while shelf and shelf.idle:
            self._bury(function, shelf.idle.pop())

    def close(self) -> None:
        """End every process. Invocations in progress end as if their environment had been killed."""
        self._closed = True
        for waiter in self._waiters:
            with contextlib.suppress(asyncio.InvalidStateError):
                waiter.ready.set_exception(RuntimeError("the worker processes are shut down"))
        self._waiters.clear()
        for environment in list(self._all):
            environment.kill()
        self._all.clear()
        self._shelves.clear()
        self._live = 0
