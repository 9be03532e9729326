"""Lines for a terminal on what a run against AWS would do: printed before the run, and the only output of a dry run."""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.harness.safety.plan import TestPlan


def lines_of(plan: TestPlan, beside: Sequence[str] = ()) -> list[str]:
    """The plan in lines for a terminal.

    Args:
        plan: of a run that would start now.
        beside: load tests that would run beside the scenario's own.
    """
    aws, intent = plan.scenario.aws, plan.intent
    legs = {
        "same": ", two of them for each call (both legs in this instance)",
        "other": " (the second leg is in the other instance)",
    }.get(aws.loopback, "")
    lines = [
        f"{intent.calls:,} calls, {plan.peak_rate:,.3g} a second at the peak ({plan.peak_second:,.0f} in the busiest "
        f"second), mean {plan.mean_call:,.0f} s each",
        f"{intent.peak_concurrent:,.0f} places of concurrent calls expected at the peak of the test{legs}",
        f"{intent.minutes:,.0f} voice minutes{', both legs' if aws.loopback else ''}: about {intent.cost_usd:,.2f} USD "
        f"at {plan.price} USD a minute (price of {plan.price_date}; telephony and Lambda come on top)",
        "of the account's quotas, expected at the peak of the test:",
    ]
    lines += [
        f"  {use.demand:,.3g} of {use.value:,.0f} {use.unit} ({use.share:.0%}), {use.name}"
        f"{f' ({use.code})' if use.code else ''}; {use.origin}{f', needed by the plan {use.needed:,.0f}' if use.needed else ''}, shared by {use.shared}{f'; {use.when}' if use.when else ''}"
        for use in sorted(plan.uses, key=lambda use: -use.share)
        if use.share >= 0.01
    ]
    lines += plan.announced
    lines += _rules(plan)
    if beside:
        lines.append(f"beside it runs {', '.join(beside)}, whose requests are not in these figures")
    if not aws.loopback and plan.voice:
        lines.append(
            'Where destinations are numbers of this instance, set loopback = "same": each call takes two places.'
        )
    return lines


def _rules(plan: TestPlan) -> list[str]:
    """Return the bounds of the run: numbers, caps, time, retries."""
    aws, client = plan.scenario.aws, plan.scenario.client
    lines = []
    if plan.voice:
        numbers = ", ".join(aws.destinations[:5]) + (", ..." if len(aws.destinations) > 5 else "")
        lines.append(
            f"dialled: {len(aws.destinations):,} numbers ({numbers}), from {aws.source_number or 'no number'}"
        )
    caps = [
        f"{name} {value:,g}"
        for name, value in (
            ("max_calls", aws.max_calls),
            ("max_concurrent", aws.max_concurrent),
            ("max_cost_usd", aws.max_cost_usd),
        )
        if value is not None
    ]
    if caps:
        lines.append(
            f"ended at once beyond: {', '.join(caps)}, more than {aws.error_budget:.0%} of a minute's calls failing"
        )
    if plan.voice and plan.start is not None and plan.end is not None:
        lines.append(
            f"started now it goes on until {plan.end:%H:%M} in {aws.region} ({plan.zone}); AWS's window is 18:00 to 06:00, "
            f"approval {plan.approval or 'missing'}"
        )
    if plan.attempts > 1:
        lines.append(
            f"requests that are throttled are tried again ({client.retry.value}): up to {plan.attempts} for each call"
        )
    return lines
