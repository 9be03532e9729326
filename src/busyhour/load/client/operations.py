"""Operations of AWS services as the load side calls them: prepared, sent, and counted where they end."""

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
        """Tell all listeners of one request."""


class RequestFailed(Exception):  # noqa: N818 - Locust shows the class name in its table of failures
    """What Locust is told of a request that failed; its text is what Locust groups failures by."""


class Operation:
    """One operation, ready to be sent again and again.

    Args:
        client: connections to the service.
        recorder: counts what becomes of requests.
        event: Locust's request event; None: nobody listens.
        service: as in `service:Name`.
        name: the operation.
        written: the request that all others are like.
        region: for signatures.
        function: the Lambda function that it invokes, to count by it as well; empty for all else.
        retrier: makes further attempts where one fails; None: there is one.
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
        """Whether a request would find a connection."""
        return self._client.has_room

    def send(
        self,
        body: bytes,
        intended: float,
        done: Done | None = None,
        path: str | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Send it. `done` hears the answer, in the clock's loop, after it was counted.

        Args:
            body: the request's body, instead of the sample's.
            intended: when it should have been sent, seconds of the clock; its latency counts from there.
            done: called exactly once.
            path: instead of the sample's.
            again: the caller repeats a request that failed, as Connect does.
        """
        if self._retrier is None:
            self._attempt(body, path, again, intended, done)
        else:
            attempt = self._attempts(body, path)
            self._retrier.send(f"{self.service}:{self.name}", attempt, intended, done)

    def _attempts(self, body: bytes, path: str | None) -> Send:
        """Makes the attempts of one request, of which all but the first repeat it."""
        made = count()

        def attempt(intended: float, done: Done) -> None:
            self._attempt(body, path, next(made) > 0, intended, done)

        return attempt

    def _attempt(
        self, body: bytes, path: str | None, again: bool, intended: float, done: Done | None
    ) -> None:
        self._client.send(self._prepared, body, partial(self._ended, again, intended, done), path)

    def call(self, body: bytes, path: str | None = None) -> Answer:
        """Send it and wait for the answer in the calling greenlet (not in the clock's loop)."""
        intended = self._client.clock.real()
        if self._retrier is not None:
            result = AsyncResult()
            self.send(body, intended, result.set, path)
            last: Answer = result.get()
            return last
        answer = self._client.call(self._prepared, body, path)
        self._ended(False, intended, None, answer)
        return answer

    def ask(self, body: bytes, path: str | None = None) -> Answer:
        """As `call`, but not counted: for what must be known before the run starts."""
        return self._client.call(self._prepared, body, path)

    def _ended(self, again: bool, intended: float, done: Done | None, answer: Answer) -> None:
        kind, sent, finished = answer.kind, answer.sent_at, answer.finished_at
        self._record(intended, sent, finished, kind, answer.code, len(answer.body), again=again)
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
    """One AWS service as this process reaches it. Connections are made when requests are sent.

    Args:
        name: botocore's name of it (`connect`, `lambda`, `dynamodb`).
        client: connections to its endpoint.
        recorder: counts.
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
        """Prepare an operation from one example of its parameters.

        Args:
            name: as the service calls it.
            parameters: the example.
            function: the Lambda function that it invokes.
            application: whether an application's SDK would send it, by the scenario's retry policy; else it is
                Connect's or busyhour's own and has one attempt.

        Raises:
            BusyhourError: the parameters do not fit botocore's model.
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
