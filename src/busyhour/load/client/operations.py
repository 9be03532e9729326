"""Operations of AWS services on the load side: prepared, sent, and counted when they end."""

from __future__ import annotations

from gevent.event import AsyncResult

from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any, Protocol

from busyhour.load.client import serializer
from busyhour.load.client.load_client import Answer, Client, Done
from busyhour.load.client.retrier import Retrier, Send
from busyhour.load.client.sigv4 import Prepared, canonical_query
from busyhour.load.error_classes import Class
from busyhour.load.recorder import Recorder


class RequestEvent(Protocol):
    """Locust's `environment.events.request`."""

    def fire(self, **arguments: Any) -> None:
        """Notify all listeners of one request."""


class RequestFailed(Exception):  # noqa: N818 - Locust shows the class name in its table of failures
    """Exception passed to Locust for a failed request; Locust groups failures by its text."""


class Operation:
    """One operation, ready to be sent repeatedly.

    Args:
        client: connections to the service.
        recorder: counts requests by outcome.
        event: Locust's request event; None: no listener.
        service: as in `service:Name`.
        name: the operation.
        written: the sample request.
        region: for signatures.
        function: the Lambda function that it invokes, to count by function as well; otherwise empty.
        retrier: makes further attempts after a failure; None: single attempt.
    """

    __slots__ = (
        "_client",
        "_event",
        "_failures",
        "_prepared",
        "_record",
        "_retrier",
        "name",
        "sample",
        "service",
    )

    def __init__(
        self,
        client: Client,
        recorder: Recorder,
        event: RequestEvent | None,
        service: str,
        name: str,
        written: serializer.Written,
        region: str,
        function: str = "",
        retrier: Retrier | None = None,
    ) -> None:
        self._retrier = retrier
        self.service = service
        self.name = name
        self.sample = written.body
        self._client = client
        self._event = event
        self._record = recorder.operation(f"{service}:{name}", function).record
        self._failures: dict[str, RequestFailed] = {}
        self._prepared = Prepared(
            written.method,
            client.host,
            written.path,
            written.headers,
            region,
            written.service,
            canonical_query(written.query),
        )

    @property
    def has_room(self) -> bool:
        """Whether a request would get a connection."""
        return self._client.has_room

    def send(
        self,
        body: bytes,
        intended: float,
        done: Done | None = None,
        path: str | None = None,
        *,
        retry: bool = False,
    ) -> None:
        """Send the request. `done` is called with the response, in the clock's loop, after it was counted.

        Args:
            body: the request's body, instead of the sample's.
            intended: scheduled time of sending, in seconds of the clock; latency counts from there.
            done: called exactly once.
            path: instead of the sample's.
            retry: the caller retries a failed request, as Connect does.
        """
        if self._retrier is None:
            self._attempt(body, path, retry, intended, done)
        else:
            attempt = self._attempts(body, path)
            self._retrier.send(f"{self.service}:{self.name}", attempt, intended, done)

    def _attempts(self, body: bytes, path: str | None) -> Send:
        """Return a function that makes the attempts of one request; all but the first are retries."""
        made = count()

        def attempt(intended: float, done: Done) -> None:
            self._attempt(body, path, next(made) > 0, intended, done)

        return attempt

    def _attempt(
        self, body: bytes, path: str | None, retry: bool, intended: float, done: Done | None
    ) -> None:
        self._client.send(self._prepared, body, partial(self._ended, retry, intended, done), path)

    def call(self, body: bytes, path: str | None = None) -> Answer:
        """Send the request and wait for the response in the calling greenlet (not in the clock's loop)."""
        intended = self._client.clock.real()
        if self._retrier is not None:
            result = AsyncResult()
            self.send(body, intended, result.set, path)
            last: Answer = result.get()
            return last
        answer = self._client.call(self._prepared, body, path)
        self._ended(False, intended, None, answer)
        return answer

    def call_uncounted(self, body: bytes, path: str | None = None) -> Answer:
        """Send the request as `call` does, but uncounted: for lookups before the run."""
        return self._client.call(self._prepared, body, path)

    def _ended(self, retry: bool, intended: float, done: Done | None, answer: Answer) -> None:
        kind, sent, finished = answer.kind, answer.sent_at, answer.finished_at
        self._record(intended, sent, finished, kind, answer.code, len(answer.body), retry=retry)
        if self._event is not None:
            failure = None
            if kind is not Class.OK:
                text = f"{kind}: {answer.code}"
                failure = self._failures.get(text)
                if failure is None:
                    failure = self._failures[text] = RequestFailed(text)
            self._event.fire(
                request_type=self.service,
                name=self.name,
                response_time=(finished - intended) * 1000.0,
                response_length=len(answer.body),
                exception=failure,
                context={
                    "service_time": None if sent is None else (finished - sent) * 1000.0,
                    "status": answer.status,
                    "code": answer.code,
                },
                response=None,
                start_time=None,
                url=None,
            )
        if done is not None:
            done(answer)


class Service:
    """One AWS service as used by this process. Connections are opened when requests are sent.

    Args:
        name: botocore's name of the service (`connect`, `lambda`, `dynamodb`).
        client: connections to its endpoint.
        recorder: counts requests.
        event: Locust's request event.
        region: for signatures.
        retrier: the application's retry policy; None: every request has one attempt.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        recorder: Recorder,
        event: RequestEvent | None,
        region: str,
        retrier: Retrier | None = None,
    ) -> None:
        self.retrier = retrier
        self.name = name
        self.client = client
        self._recorder = recorder
        self._event = event
        self._region = region

    def operation(
        self, name: str, parameters: Mapping[str, Any], function: str = "", *, application: bool = True
    ) -> Operation:
        """Prepare an operation from sample parameters.

        Args:
            name: name of the operation in the service.
            parameters: the sample.
            function: the Lambda function that it invokes.
            application: whether an application's SDK would send it, with the scenario's retry policy; otherwise
                Connect or busyhour sends it, with one attempt.

        Raises:
            BusyhourError: the parameters do not match botocore's model.
        """
        written = serializer.write(self.name, name, parameters)
        return Operation(
            self.client,
            self._recorder,
            self._event,
            self.name,
            name,
            written,
            self._region,
            function,
            self.retrier if application else None,
        )
