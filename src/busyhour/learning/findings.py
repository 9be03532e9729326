"""Everything that was learnt in one go, by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from busyhour.learning.learnt import Learnt
from busyhour.learning.recorded.flow_logs import FlowLogCounts
from busyhour.learning.recorded.function_reports import FunctionTimes


@dataclass(frozen=True, slots=True)
class Findings:
    """What was learnt of calls, of choices in flows, and of functions; parts that no source had are empty."""

    calls: Learnt | None = None
    choices: FlowLogCounts | None = None
    functions: Sequence[FunctionTimes] = ()
