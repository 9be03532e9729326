"""Format a comparison as text, JSON, Markdown, JUnit, GitHub annotations and OpenMetrics.

`RENDERERS` also gives the choices of the command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

from busyhour.printable import markdown as escaped
from busyhour.printable import printable, workflow_data, workflow_property
from busyhour.regression.compare import Comparison, Confirmation
from busyhour.regression.inference.decide import Compared, Outcome
from busyhour.results.codec import encode
from busyhour.results.openmetrics import Sample
from busyhour.results.openmetrics import text as openmetrics

_MARKS = {
    Outcome.REGRESSED: "✗",
    Outcome.CHANGED: "✗",
    Outcome.UNDECIDED: "?",
    Outcome.FOLLOWS: "→",
    Outcome.EQUIVALENT: "✓",
}
_FAILING = (Outcome.REGRESSED, Outcome.CHANGED)


def number(value: float, unit: str) -> str:
    """Format a value with its unit: shares as per cent, milliseconds as seconds from ten seconds."""
    if unit == "share":
        return f"{value:.2%}"
    if unit == "ms":
        if abs(value) >= 10_000:
            return f"{value / 1000:,.1f} s"
        return f"{value:,.0f} ms" if abs(value) >= 100 else f"{value:.3g} ms"
    return f"{value:.3g}"


def difference(one: Compared, value: float) -> str:
    """Format an effect, a bound of it or a tolerance.

    Relative ones in per cent, shares in percentage points.
    """
    if one.relative:
        return f"{value:+.1%}"
    if one.unit == "share":
        return f"{value * 100:+.2f} pp"
    return f"{value:+.3g} {one.unit}".rstrip()


def effect(one: Compared) -> str:
    """Format the effect with its confidence interval."""
    return f"{difference(one, one.effect)} ({difference(one, one.low)} to {difference(one, one.high)})"


def tolerance(one: Compared) -> str:
    """Format the tolerance, in the worse direction or in both."""
    if one.both:
        return difference(one, one.tolerance).replace("+", "±", 1)
    return difference(one, one.tolerance * one.worse)


def _against(found: Comparison) -> str:
    new, old = found.new, found.old
    left = new[0] if len(new) == 1 else f"{len(new)} runs"
    return f"{left} compared with {old[0] if len(old) == 1 else f'{len(old)} runs'}"


def again(one: Confirmation | None) -> list[str]:
    """Format the repeats' results for what regressed, a line for each."""
    if one is None:
        return []
    runs = f"in {', '.join(one.repeats)}"
    return [
        *(f"Confirmed {runs}: {name}" for name in one.confirmed),
        *(f"Gone {runs}: {name}" for name in one.gone),
        *(f"Not confirmed {runs}: {name}" for name in one.open),
    ]


def text(found: Comparison) -> str:
    """Format the comparison for a terminal."""
    rows = [
        (
            _MARKS[one.outcome],
            one.outcome.value + (" (better)" if one.better and one.outcome is Outcome.EQUIVALENT else ""),
            one.name,
            number(one.old, one.unit),
            number(one.new, one.unit),
            effect(one),
            tolerance(one),
            one.advice,
        )
        for one in found.metrics
    ]
    head = ("", "outcome", "metric", "before", "now", "effect (95 % interval)", "tolerance", "")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [f"{found.scenario}: {_against(found)}", ""]
    lines += [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]
    lines.append("")
    lines += [f"New finding: {finding}" for finding in found.new_findings]
    lines += [f"Finding: {cut}" for cut in found.cuts]
    lines += [f"Missing: {one}" for one in found.missing]
    lines += [f"Changed outside: {one}" for one in found.outside]
    lines += [f"Gone finding: {finding}" for finding in found.gone_findings]
    lines += [f"Not compared: {reason}" for reason in found.not_compared]
    lines += [f"Note: {note}" for note in found.notes]
    lines += again(found.confirmation)
    lines.append(found.summary)
    return "\n".join(map(printable, lines)) + "\n"


def as_json(found: Comparison) -> str:
    """Return the whole comparison; the verdict and its summary beside the parts."""
    whole = {
        "regressed": found.regressed,
        "verdict": found.verdict,
        "summary": found.summary,
        **encode(found),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def markdown(found: Comparison) -> str:
    """Format for a comment or a job summary: regressed and undecided metrics as tables, the others folded."""
    lines = [f"### {_cell(found.summary)}", "", f"{_cell(_against(found))}.", ""]
    concern = [one for one in found.metrics if one.outcome is not Outcome.EQUIVALENT]
    if concern:
        lines += _table(concern)
    lines += [f"- New finding: {_cell(finding)}" for finding in found.new_findings]
    lines += [f"- Finding: {_cell(cut)}" for cut in found.cuts]
    lines += [f"- Missing: {_cell(one)}" for one in found.missing]
    lines += [f"- Changed outside: {_cell(one)}" for one in found.outside]
    lines += [f"- Gone finding: {_cell(finding)}" for finding in found.gone_findings]
    well = [one for one in found.metrics if one.outcome is Outcome.EQUIVALENT]
    if well:
        lines += ["", f"<details><summary>{len(well)} equivalent</summary>", "", *_table(well), "</details>"]
    remarks = (
        [f"Not compared: {reason}" for reason in found.not_compared] + found.notes + again(found.confirmation)
    )
    if remarks:
        lines += ["", *(f"- {_cell(line)}" for line in remarks)]
    return "\n".join(lines) + "\n"


def _cell(words: str) -> str:
    return escaped(words)


def _table(metrics: list[Compared]) -> list[str]:
    lines = [
        "| outcome | metric | before | now | effect (95 % interval) | tolerance | |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    lines += [
        f"| {_MARKS[one.outcome]} {one.outcome} | {_cell(one.name)} | {number(one.old, one.unit)} | "
        f"{number(one.new, one.unit)} | {effect(one)} | {tolerance(one)} | {_cell(one.advice)} |"
        for one in metrics
    ]
    return [*lines, ""]


def junit(found: Comparison) -> str:
    """Format as one test case per metric and finding.

    Failed as failure, missing as error, undecided as skipped.
    """
    findings = [*found.new_findings, *found.cuts]
    cases = len(found.metrics) + len(findings) + len(found.missing)
    failures = len(found.named(*_FAILING)) + len(findings)
    suite = ElementTree.Element(
        "testsuite",
        name=printable(f"busyhour compare {found.scenario}"),
        tests=str(cases),
        failures=str(failures),
        errors=str(len(found.missing)),
        skipped=str(found.count(Outcome.UNDECIDED)),
    )
    for one in found.metrics:
        case = ElementTree.SubElement(
            suite, "testcase", classname=printable(f"busyhour.{found.scenario}"), name=printable(one.name)
        )
        words = f"{number(one.old, one.unit)} -> {number(one.new, one.unit)}: {effect(one)}, tolerance {tolerance(one)}"
        if one.outcome in _FAILING:
            ElementTree.SubElement(case, "failure", message=words, type=one.outcome.value).text = words
        elif one.outcome is Outcome.UNDECIDED:
            ElementTree.SubElement(case, "skipped", message=f"undecided: {words}; {one.advice}")
    for kind, lines in (("failure", findings), ("error", found.missing)):
        for line in lines:
            shown = printable(line)
            case = ElementTree.SubElement(suite, "testcase", classname="busyhour.findings", name=shown)
            ElementTree.SubElement(case, kind, message=shown, type="finding").text = shown
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def github(found: Comparison) -> str:
    """Format as GitHub Actions workflow commands.

    An error for each regression, one notice for all undecided.
    """
    lines = [
        f"::error title={workflow_property(f'{one.name} {one.outcome}')}::"
        + workflow_data(
            f"{number(one.old, one.unit)} -> {number(one.new, one.unit)}: {effect(one)}, tolerance {tolerance(one)}"
        )
        for one in found.metrics
        if one.outcome in _FAILING
    ]
    lines += [f"::error title=New finding::{workflow_data(finding)}" for finding in found.new_findings]
    lines += [f"::error title=Finding::{workflow_data(cut)}" for cut in found.cuts]
    lines += [f"::error title=Missing::{workflow_data(one)}" for one in found.missing]
    lines += [f"::notice title=Changed outside::{workflow_data(one)}" for one in found.outside]
    undecided = [one.name for one in found.metrics if one.outcome is Outcome.UNDECIDED]
    if undecided:
        lines.append(f"::notice title={len(undecided)} undecided::{workflow_data(', '.join(undecided))}")
    return "\n".join([*lines, printable(found.summary)]) + "\n"


def metrics(found: Comparison) -> str:
    """Format as OpenMetrics: each metric now and before, and the number of metrics by outcome."""
    samples = [
        Sample(name, value, {"metric": one.name, "unit": one.unit} if one.unit else {"metric": one.name})
        for name, values in (
            ("compared_now", [(one, one.new) for one in found.metrics]),
            ("compared_before", [(one, one.old) for one in found.metrics]),
        )
        for one, value in values
    ]
    counts = {outcome.value: found.count(outcome) for outcome in Outcome}
    counts |= {
        "new finding": len(found.new_findings),
        "quota cut": len(found.cuts),
        "missing": len(found.missing),
    }
    samples += [Sample("compared", count, {"outcome": outcome}) for outcome, count in counts.items()]
    return openmetrics(samples)


RENDERERS: Mapping[str, Callable[[Comparison], str]] = {
    "text": text,
    "json": as_json,
    "markdown": markdown,
    "junit": junit,
    "github": github,
    "metrics": metrics,
}
