"""Output formats of a report by name: a new format is one module and one line here.

Each is imported on first use, so that the command line can list the names without importing any.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.contracts.finding import Report
    from busyhour.contracts.loading import RuleSet

    Render = Callable[[Report, RuleSet], str]
    """A report and the rules that were run -> text that ends with a newline."""


def _when_used(module: str, function: str) -> Render:
    def render(report: Report, rules: RuleSet) -> str:
        made: str = getattr(import_module(f"{__name__}.{module}"), function)(report, rules)
        return made

    return render


FORMATS: dict[str, Render] = {
    "text": _when_used("text", "render_text"),
    "json": _when_used("json_output", "render_json"),
    "sarif": _when_used("sarif", "render_sarif"),
    "junit": _when_used("junit", "render_junit"),
    "github": _when_used("github", "render_github"),
    "gitlab": _when_used("gitlab", "render_gitlab"),
}
