"""The AWS services that one generator process talks to: connections, keys, and the application's retry policy."""

from __future__ import annotations

import gevent

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from busyhour.errors import BusyhourError
from busyhour.load.client import serializer
from busyhour.load.client.credentials import RENEW_SECONDS, ChainCredentials, Credentials, FixedCredentials
from busyhour.load.client.load_client import Client
from busyhour.load.client.operations import RequestEvent, Service
from busyhour.load.client.retrier import Retrier
from busyhour.load.client.retry_policies import make_policy
from busyhour.load.event_loop import GeventClock
from busyhour.load.recorder import Recorder
from busyhour.load.safety import permit as permits
from busyhour.load.safety.outgoing import OutgoingGate
from busyhour.load.safety.permit import Permit
from busyhour.load.settings import Settings
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.draw import rng_for


class Services:
    """Opens each service once, on first use.

    Args:
        settings: endpoint and target.
        scenario: timeouts and the retry policy.
        clock: the event loop.
        recorder: counts requests.
        event: Locust's request event; None: no listener.
        credentials: keys for signing; chosen by the target by default.
        permit: the safety gate's permit, required for a real account.
    """

    def __init__(
        self,
        settings: Settings,
        scenario: Scenario,
        clock: GeventClock,
        recorder: Recorder,
        event: RequestEvent | None,
        *,
        credentials: Credentials | None = None,
        permit: Permit | None = None,
    ) -> None:
        self._settings = settings
        self._scenario = scenario
        self._clock = clock
        self._recorder = recorder
        self._event = event
        self._credentials = credentials or (
            ChainCredentials(account=(settings.account, settings.region))
            if settings.aws
            else FixedCredentials()
        )
        self._permit = permit
        self._open: dict[str, Service] = {}

    def gate(self, k: int, n: int) -> OutgoingGate | None:
        """Return the gate for the requests of worker `k` of `n`; None for an emulator.

        Raises:
            BusyhourError: the target is AWS and there is no permit for it (exit code 3).
        """
        settings = self._settings
        if not settings.aws:
            return None
        permits.require(self._permit, settings, self._scenario, time.time())
        assert self._permit is not None
        return OutgoingGate(self._scenario, settings, self._permit, k, n, self._host_of)

    def _host_of(self, signing_name: str) -> str:
        """Return host and port of the endpoint of a service."""
        url = self._settings.endpoint or serializer.endpoint_of_signing_name(
            signing_name, self._settings.region
        )
        return urlsplit(url).netloc

    def get(self, name: str, worker: int) -> Service:
        """Return the service `name` at the target, for worker number `worker`.

        Raises:
            BusyhourError: it has no endpoint, its name cannot be resolved, or it is AWS without a permit.
        """
        if self._settings.aws:
            permits.require(self._permit, self._settings, self._scenario, time.time())
        found = self._open.get(name)
        if found is None:
            url = self._settings.endpoint or serializer.endpoint(name, self._settings.region)
            self._credentials.keys()  # may block here
            client = Client(
                url,
                self._clock,
                self._credentials,
                max_connections=self._settings.max_connections,
                timeout=self._scenario.client.timeout,
            )
            client.open()
            retrier = self._retrier(name, worker)
            found = Service(name, client, self._recorder, self._event, self._settings.region, retrier)
            self._open[name] = found
        return found

    def _retrier(self, service: str, worker: int) -> Retrier | None:
        """Return the application's retry policy for one client.

        Each worker has its own, like each process of an application.
        """
        uniform = rng_for(self._scenario.seed, worker, f"retries of {service}").random
        policy = make_policy(self._scenario.client, service, uniform, self._clock.real())
        return None if policy is None else Retrier(policy, self._clock, self._recorder)

    @property
    def connections(self) -> int:
        """Number of open connections to all services."""
        return sum(service.client.connections for service in self._open.values())

    def watch(self) -> None:
        """Detect connections that the target closes."""
        for service in self._open.values():
            service.client.watch()

    def renew_credentials(self, note: Callable[[str], None]) -> None:
        """Read the keys again periodically, without end: for a greenlet of its own. `note` is called on failure."""
        while True:
            gevent.sleep(RENEW_SECONDS)
            try:
                self._credentials.renew()
            except BusyhourError as error:
                note(f"{error.message} The previous keys were used instead.")

    def give_up_retries(self) -> None:
        """Make no further attempts: operations that wait for one end with their last response."""
        for service in self._open.values():
            if service.retrier is not None:
                service.retrier.give_up()

    def close(self) -> None:
        """Close all connections."""
        for service in self._open.values():
            service.client.close()


def reachable(settings: Settings) -> None:
    """Open one connection to the target, so that a wrong address is reported at once, not as thousands of errors.

    Raises:
        BusyhourError: the connection fails.
    """
    import socket

    from busyhour.errors import ExitCode

    url = settings.endpoint
    if url is None:
        return
    parts = urlsplit(url)
    with gevent.Timeout(5.0, False):
        try:
            socket.create_connection((parts.hostname, parts.port or 80), timeout=5.0).close()
        except OSError as error:
            raise BusyhourError(
                f"Cannot connect to {url}: {error.strerror or error}.",
                "Start `busyhour emulator`, or correct BUSYHOUR_ENDPOINT.",
                ExitCode.UNREACHABLE,
            ) from None
