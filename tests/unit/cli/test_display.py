"""The lines that a run prints while it drives load."""

from __future__ import annotations

import io

from rich.console import Console

from busyhour.cli._display import Display
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root


def test_rejections_by_a_limit_count_as_throttled() -> None:
    page = io.StringIO()
    root = shipped_root()
    display = Display(Console(file=page, width=120), load(root / "scenarios" / "peak.toml", root=root))
    display.load({"t": 11.0, "started": 22, "planned": 176, "throttles": 2, "limits": 45, "errors": 0})
    assert "47 requests throttled, 0 errors" in page.getvalue()
