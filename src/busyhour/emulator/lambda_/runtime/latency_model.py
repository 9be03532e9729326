"""Latency model of a function without code: duration, response, error share; seeded."""

from __future__ import annotations

import json

from busyhour.calls.chance import Stream, key_of
from busyhour.emulator.lambda_.functions.store import Deployed
from busyhour.handlers.runtime import failures
from busyhour.scenarios.traffic_plan.draw import Sampler, sampler


class LatencyModel:
    """Random draws for one function.

    Args:
        deployed: the function.
        seed: the scenario's seed.
    """

    def __init__(self, deployed: Deployed, seed: int) -> None:
        function = deployed.function
        self._stream = Stream(seed, 0, key_of(f"lambda/{function.name}"))
        self._latency: Sampler | None = sampler(function.latency) if function.latency else None
        self._cold: Sampler | None = sampler(function.cold_start) if function.cold_start else None
        self._error_share = function.error_share
        self._response = json.dumps(dict(function.response), ensure_ascii=False).encode()

    def latency(self) -> float:
        """Draw the seconds in the handler."""
        return self._latency(self._stream) if self._latency else 0.0

    def cold_start(self) -> float:
        """Draw the seconds of initialisation."""
        return self._cold(self._stream) if self._cold else 0.0

    def answer(self, request_id: str) -> tuple[bytes, str | None]:
        """Return the declared response, or a failure for the declared share of invocations."""
        if self._error_share and self._stream.random() < self._error_share:
            message = "declared by the scenario's error_share"
            return failures.document(
                "ModelledError", message, requestId=request_id, stackTrace=[]
            ), "Unhandled"
        return self._response, None
