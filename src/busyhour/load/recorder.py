"""Records what happens at low cost, and passes it on once a second.

Per-request figures are kept in objects that were looked up beforehand; `flush` turns them into `Measures`, the
difference from the previous flush. Pure: times are passed in as seconds from the start of the run.
"""

from __future__ import annotations

from busyhour.load.error_classes import Class
from busyhour.results.load_result import LIMIT, OK, THROTTLE
from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.measures import Measures

LATEST_SECONDS = 60
"""How far ahead of the generator's own clock the target's may be; each second up to the last one has a row."""

_ERRORS = frozenset(kind.value for kind in Class) - {OK, THROTTLE, LIMIT}


class OperationRecorder:
    """Counts requests of one operation, `service:Name`, or of one Lambda function, `lambda:Invoke`."""

    __slots__ = ("_again", "_finished", "_firsts", "_sent", "_service", "bytes", "codes", "function", "name")

    def __init__(self, name: str, function: str = "") -> None:
        self.name = name
        self.function = function
        self.bytes = 0
        self.codes: dict[str, int] = {}
        self._sent: dict[int, int] = {}
        self._service: dict[str, Histogram] = {}
        self._finished: dict[int, dict[str, Histogram]] = {}
        self._firsts: dict[str, float] = {}
        self._again: dict[str, int] = {}

    def record(
        self,
        intended: float,
        sent: float | None,
        finished: float,
        kind: str,
        code: str = "",
        size: int = 0,
        *,
        retry: bool = False,
    ) -> None:
        """Count one request.

        Args:
            intended: scheduled time of sending; latency counts from here.
            sent: time of sending; None if never sent (no connection), in which case there is no service time.
            finished: time at which the response was complete.
            kind: value of `errors.Class`.
            code: error code, if it failed.
            size: bytes of the response's body.
            retry: it retries a failed request, so it is not a first attempt.
        """
        self.bytes += size
        if retry:
            self._again[kind] = self._again.get(kind, 0) + 1
        second = int(finished)
        row = self._finished.get(second)
        if row is None:
            row = self._finished[second] = {}
        histogram = row.get(kind)
        if histogram is None:
            histogram = row[kind] = Histogram()
        histogram.record(int((finished - intended) * 1e6))
        if sent is not None:
            second = int(sent)
            sents = self._sent
            sents[second] = sents.get(second, 0) + 1
            histogram = self._service.get(kind)
            if histogram is None:
                histogram = self._service[kind] = Histogram()
            histogram.record(int((finished - sent) * 1e6))
        if kind != OK:
            self.codes[code] = self.codes.get(code, 0) + 1
            first = f"{kind}/{code}"
            if finished < self._firsts.get(first, finished + 1.0):
                self._firsts[first] = finished

    def flush(self, into: Measures) -> None:
        """Move all counts into `into`."""
        name = self.name
        for code, count in self.codes.items():
            into.count(f"codes/{name}/{code}", count)
        for kind, count in self._again.items():
            into.count(f"again/{name}/{kind}", count)
        for first, at in self._firsts.items():
            into.first(f"{name}/{first}", at)
        for second, count in self._sent.items():
            row = into.second(second)
            row.count(f"requests/{name}", count)
            if self.function:
                row.count(f"invocations/{self.function}", count)
        for kind, histogram in self._service.items():
            into.add(f"service/{name}/{kind}", histogram)
        for second, kinds in self._finished.items():
            row = into.second(second)
            for kind, histogram in kinds.items():
                if self.function:
                    row.add(f"function/{self.function}", histogram)
                into.count(f"requests/{name}/{kind}", histogram.total)
                row.add(f"latency/{name}/{kind}", histogram)
                row.count(f"answers/{name}/{kind}", histogram.total)
                column = _column(kind)
                if column:
                    row.count(column, histogram.total)
        self.codes, self._sent, self._service, self._finished = {}, {}, {}, {}
        self._firsts, self._again = {}, {}
        if self.bytes:
            into.count(f"bytes/{name}", self.bytes)
            self.bytes = 0


def _column(kind: str) -> str:
    """Return the column of a second's row in which failures of this class are counted."""
    if kind == THROTTLE:
        return "throttles"
    if kind == LIMIT:
        return "limits"
    return "errors" if kind in _ERRORS else ""


class Recorder:
    """Records everything that one generator process does.

    Args:
        late_ms: a call that starts this much after its intended start counts as late.
    """

    def __init__(self, late_ms: float = 10.0) -> None:
        self._late = late_ms / 1000.0
        self._operations: dict[tuple[str, str], OperationRecorder] = {}
        self._measures = Measures()
        self._slip = Histogram()
        self._lag = Histogram()
        self._gauges: dict[str, float] = {}
        self._peaks: dict[str, float] = {}
        self.started = 0
        self.ended = 0
        self.late = 0
        self._flushed = (0, 0)
        self._before = (0, 0)
        self._second = 0
        self.gauges_calls = True
        """Whether `in_progress` is calls started minus calls ended.

        A kind with better knowledge sets the gauge itself.
        """
        self.dropped = 0

    @property
    def in_progress(self) -> int:
        """Number of calls that started and have not ended."""
        return self.started - self.ended

    def operation(self, name: str, function: str = "") -> OperationRecorder:
        """Return the recorder of one operation, `service:Name`, for one Lambda function if named.

        Look it up once.
        """
        found = self._operations.get((name, function))
        if found is None:
            found = self._operations[name, function] = OperationRecorder(name, function)
        return found

    def call_started(self, intended: float, real: float) -> None:
        """Record a call that started at `real` and was scheduled for `intended`."""
        slip = real - intended
        self._slip.record(int(slip * 1e6))
        self.started += 1
        if slip > self._late:
            self.late += 1
        if self.gauges_calls:
            self.gauge("in_progress", self.started - self.ended)

    def call_dropped(self, reason: str, count: int = 1) -> None:
        """Record calls that were not started because of the generator itself."""
        self.dropped += count
        self._measures.count(f"dropped/{reason}", count)

    def call_ended(self, what: str = "completed", reason: str = "") -> None:
        """Record the end of a call: `what` is completed, blocked or cut_off; `reason` its end reason."""
        self.ended += 1
        self._measures.count(f"arrivals/{what}")
        if reason:
            self._measures.count(f"end/{reason}")
        if self.gauges_calls:
            self.gauge("in_progress", self.started - self.ended)

    def count(self, key: str, by: int = 1) -> None:
        """Add to a count of `Measures`."""
        self._measures.count(key, by)

    def wait_ended(self, at: float, seconds: float, *, answered: bool, in_time: bool) -> None:
        """Record the end of a wait in a queue.

        Args:
            at: seconds of the run, by the target's clock; what is far ahead of the generator's own counts as this far ahead.
            seconds: length of the wait.
            answered: whether an agent answered; otherwise the caller abandoned.
            in_time: whether it was answered within the scenario's time.
        """
        self.duration("call/queue_wait", seconds)
        whats = ("answered", "answered_in_time") if answered and in_time else ("answered",)
        row = self._measures.second(min(max(0, int(at)), self._second + LATEST_SECONDS))
        for what in whats if answered else ("abandoned",):
            self._measures.count(f"call/{what}")
            row.count(f"call/{what}")

    def duration(self, key: str, seconds: float) -> None:
        """Record a duration in a histogram of `Measures`."""
        self._measures.record(key, seconds)

    def lag(self, seconds: float) -> None:
        """Record the lag of a timer."""
        self._lag.record(int(seconds * 1e6))

    def gauge(self, key: str, value: float) -> None:
        """Set a gauge; the highest value of each second is kept."""
        self._gauges[key] = value
        if value > self._peaks.get(key, -1.0):
            self._peaks[key] = value

    def end_second(self, second: int) -> None:
        """Close a second: record starts and ends in it, and the highest value of each gauge."""
        self._second = second
        row = self._measures.second(second)
        row.count("started", self.started - self._before[0])
        row.count("completed", self.ended - self._before[1])
        self._before = (self.started, self.ended)
        gauges = row.gauges
        for key, value in self._peaks.items():
            gauges[key] = max(gauges.get(key, value), value)
        self._peaks = dict(self._gauges)

    def flush(self) -> Measures:
        """Return everything since the last flush. Call it after `end_second`, so that gauges are sent once."""
        flushed, self._measures = self._measures, Measures()
        started, late = self._flushed
        if self.started > started:
            flushed.count("arrivals/started", self.started - started)
        if self.late > late:
            flushed.count("arrivals/late", self.late - late)
        self._flushed = (self.started, self.late)
        for key, histogram in (("slip", self._slip), ("lag", self._lag)):
            if histogram.total:
                flushed.add(key, histogram)
        self._slip, self._lag = Histogram(), Histogram()
        for operation in self._operations.values():
            operation.flush(flushed)
        return flushed
