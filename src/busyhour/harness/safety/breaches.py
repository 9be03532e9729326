"""Reads from CloudWatch, while a run goes on, whether the instance blocks calls. In a thread: a response may take long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from busyhour.harness.metrics import CONNECT, CloudWatch
from busyhour.harness.safety.abort_conditions import BREACHES

EVERY_SECONDS = 20.0
"""Connect publishes once a minute; a breach is known one to two minutes after it happened."""


class Breaches:
    """Sums of the metrics in BREACHES since the start of the run. Use as a context: it ends its thread.

    Args:
        cloudwatch: a client.
        instance: id of the instance.
        start: begin of the run.
        every: seconds between two questions.
        now: the time; handed in by tests.
    """

    def __init__(
        self,
        cloudwatch: CloudWatch,
        instance: str,
        start: datetime,
        *,
        every: float = EVERY_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cloudwatch = cloudwatch
        self._instance = instance
        self._start = start.replace(second=0, microsecond=0)
        self._every = every
        self._now = now
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="breaches", daemon=True)
        self.counts: dict[str, float] = {}
        """By name of the metric; a name is absent where there is no data point, which may be good news or none."""
        self.problem = ""
        """Why the last question had no answer."""
        self.answers = 0
        """Questions that were answered."""

    def __enter__(self) -> Breaches:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def ask(self) -> None:
        """Ask once."""
        try:
            answer = self._cloudwatch.get_metric_data(
                MetricDataQueries=[self._query(i, name) for i, name in enumerate(BREACHES)],
                StartTime=self._start,
                EndTime=self._now(),
            )
            names = list(BREACHES)
            # One assignment, so that the other thread sees all of one answer.
            self.counts = {
                names[int(result["Id"][1:])]: float(sum(result["Values"]))
                for result in answer["MetricDataResults"]
                if result["Values"]
            }
        except Exception as error:  # boto3 raises many kinds; what could not be read is in the report
            self.problem = str(error)
            return
        self.problem = ""
        self.answers += 1

    @property
    def not_measured(self) -> list[str]:
        """Note for the report on requests that CloudWatch did not answer."""
        if not self.problem and self.answers:
            return []
        names = " and ".join(BREACHES)
        why = self.problem or "the run was over before the first question"
        how = "not read at the end" if self.answers else "never read"
        return [f"{names} were {how} while the run went on ({why}), so they could not have stopped it."]

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self.ask()

    def _query(self, number: int, name: str) -> dict[str, Any]:
        dimensions = [
            {"Name": "InstanceId", "Value": self._instance},
            {"Name": "MetricGroup", "Value": "VoiceCalls"},
        ]
        metric = {"Namespace": CONNECT, "MetricName": name, "Dimensions": dimensions}
        return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
