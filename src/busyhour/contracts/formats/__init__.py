"""Renderings of a report by name: a new format is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable

from busyhour.contracts.finding import Report
from busyhour.contracts.formats.json_ import render_json
from busyhour.contracts.formats.text import render_text
from busyhour.contracts.loading import RuleSet

Render = Callable[[Report, RuleSet], str]
"""A report and the rules that were run -> text that ends with a newline."""

FORMATS: dict[str, Render] = {"text": render_text, "json": render_json}
