"""OpenMetrics' text format, as its specification has it."""

from __future__ import annotations

import math
import re

from busyhour.results.openmetrics import Sample, text

LINE = re.compile(
    r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*"'
    r'(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*\})? -?[0-9.]+(e[+-]?[0-9]+)?'
)


def test_metrics_are_declared_once_and_stand_together_and_the_end_is_marked() -> None:
    made = text([Sample("a", 1), Sample("b", 2), Sample("a", 3, {"x": "y"})])
    assert made == (
        "# TYPE busyhour_a gauge\n"
        "busyhour_a 1\n"
        'busyhour_a{x="y"} 3\n'
        "# TYPE busyhour_b gauge\n"
        "busyhour_b 2\n"
        "# EOF\n"
    )
    assert text([]) == "# EOF\n"


def test_every_line_keeps_the_grammar_whatever_the_labels_hold() -> None:
    odd = text([Sample("Größe %", 1e-7, {"q": 'a "b"\\c\nd'}), Sample("c", -1234567.0)])
    lines = [line for line in odd.splitlines() if not line.startswith("#")]
    assert len(lines) == 2
    assert all(LINE.fullmatch(line) for line in lines)
    assert lines[0] == 'busyhour_gr_e_{q="a \\"b\\"\\\\c\\nd"} 1e-07'


def test_values_are_rounded_and_those_that_are_no_number_left_out() -> None:
    made = text([Sample("a", 0.123456789), Sample("b", math.nan), Sample("c", math.inf)])
    assert "busyhour_a 0.1235\n" in made
    assert "busyhour_b" not in made
    assert "busyhour_c" not in made
