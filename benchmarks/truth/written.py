"""A plain plan written as a real scenario: TOML, one exported flow, a table definition."""

from __future__ import annotations

import json
from pathlib import Path

from .independent.plan import UNLIMITED, Plan, Span

_ARN = "arn:aws:connect:us-east-1:123456789012:instance/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
QUEUE = f"{_ARN}/queue/77777777-7777-4777-8777-000000000001"
FUNCTION, TABLE = "truth-function", "truth-table"
LINES, RATE, EXECUTIONS = "L-12AB7C57", "L-4E9BCC96", "L-B99A9384"
MANY = 1_000_000


def written(plan: Plan, folder: Path) -> Path:
    """Write the plan below `folder` and return the scenario's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{plan.name}.json").write_text(json.dumps(flow(plan)), encoding="utf-8")
    if plan.table is not None:
        (folder / f"{plan.name}-table.json").write_text(json.dumps(_definition(plan)), encoding="utf-8")
    path = folder / f"{plan.name}.toml"
    path.write_text("\n".join(_scenario(plan)) + "\n", encoding="utf-8")
    return path


def prompt(name: str) -> str:
    """ARN of a recorded prompt."""
    return f"{_ARN}/prompt/99999999-9999-4999-8999-{name:>012}"


def prompts(plan: Plan) -> dict[str, float]:
    """Lengths of the plan's prompts, by the last digits of their ARNs; a prompt of a table's plan is never heard."""
    given = {"1": plan.before, "2": plan.between, "3": plan.after, "4": plan.on_error}
    return {name: seconds for name, seconds in given.items() if seconds}


def flow(plan: Plan) -> dict[str, object]:
    """The exported flow: prompts and invocations in a row, then the queue or the end."""
    here = prompts(plan)
    chain: list[dict[str, object]] = []
    if "1" in here:
        chain.append(_play("before", "1"))
    invocations = 1 if plan.table is not None else plan.invocations
    for number in range(invocations):
        if number and "2" in here:
            chain.append(_play(f"between{number}", "2"))
        chain.append(_invoke(f"invoke{number}"))
    if "3" in here:
        chain.append(_play("after", "3"))
    if plan.agents:
        chain.append(_step("set", "UpdateContactTargetQueue", QueueId=QUEUE))
        chain.append(_step("wait", "TransferContactToQueue"))
    failed = "failed" if "4" in here else "end"
    for step, following in zip(chain, [*(step["Identifier"] for step in chain[1:]), "end"], strict=True):
        invokes = step["Type"] == "InvokeLambdaFunction"
        error = (following if plan.error_goes_on else failed) if invokes else "end"
        errors = [{"NextAction": error, "ErrorType": "NoMatchingError"}]
        if step["Type"] == "TransferContactToQueue":
            errors.insert(0, {"NextAction": "end", "ErrorType": "QueueAtCapacity"})
        step["Transitions"] = {"NextAction": following, "Errors": errors, "Conditions": []}
    if "4" in here:
        last = _play("failed", "4")
        errors = [{"NextAction": "end", "ErrorType": "NoMatchingError"}]
        last["Transitions"] = {"NextAction": "end", "Errors": errors, "Conditions": []}
        chain.append(last)
    chain.append({**_step("end", "DisconnectParticipant"), "Transitions": {}})
    return {
        "Version": "2019-10-30",
        "StartAction": chain[0]["Identifier"],
        "Metadata": {"name": plan.name, "type": "contactFlow"},
        "Actions": chain,
    }


def _step(identifier: str, type_: str, **parameters: object) -> dict[str, object]:
    return {"Identifier": identifier, "Type": type_, "Parameters": parameters}


def _play(identifier: str, name: str) -> dict[str, object]:
    return _step(identifier, "MessageParticipant", PromptId=prompt(name))


def _invoke(identifier: str) -> dict[str, object]:
    return _step(
        identifier,
        "InvokeLambdaFunction",
        LambdaFunctionARN=f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}",
        InvocationTimeLimitSeconds="8",
        InvocationType="SYNCHRONOUS",
        ResponseValidation={"ResponseType": "STRING_MAP"},
    )


def _span(span: Span) -> str:
    if span.kind == "constant":
        return f'"{span.mean!r}s"'
    shape = f", cv = {span.cv!r}" if span.kind == "lognormal" else ""
    high = f', high = "{span.high!r}s"' if span.high != UNLIMITED else ""
    return f'{{ distribution = "{span.kind}", mean = "{span.mean!r}s"{shape}{high} }}'


def _scenario(plan: Plan) -> list[str]:
    drive = "dynamodb" if plan.table is not None else "voice" if plan.outbound else "backend"
    patience = "1000h" if plan.patience == UNLIMITED else ""
    lines = [
        "seed = 7",
        f'drive = "{drive}"',
        "[traffic]",
        f'direction = "{"outbound" if plan.outbound else "inbound"}"',
        f"calls_per_hour = {plan.calls_per_hour!r}",
        f'arrivals = "{"even" if plan.even else "poisson"}"',
        "[test]",
        f'hold = "{plan.hold!r}s"',
        'drain = "60s"',
        "[flows]",
        f'files = ["{plan.name}.json"]',
        f'entry = "{plan.name}"',
        "[callers]",
        'numbers = ["+120255501##"]',
        'answer = "0s"',
        f"patience = {_span(Span('exponential', plan.patience)) if not patience else _quoted(patience)}",
        f"talk = {_span(plan.talk if plan.agents else Span('constant', 1.0))}",
        f"wrap_up = {_span(plan.wrap_up)}",
    ]
    if plan.agents:
        lines += ["[queues.Desk]", f"agents = {plan.agents}", f'arn = "{QUEUE}"']
    if plan.table is not None:
        table = plan.table
        lines += [f"[functions.{FUNCTION}]", 'latency = "20ms"']
        lines += [f'operations = {{ "{TABLE}.{table.operation}" = {table.operations!r} }}']
        lines += [f"[tables.{TABLE}]", f'definition = "{plan.name}-table.json"']
        lines += [
            f"item_bytes = {table.item_bytes}",
            f"keys = {{ count = {table.keys}, zipf = {table.zipf!r} }}",
        ]
    elif plan.invocations:
        lines += [f"[functions.{FUNCTION}]", f"latency = {_span(plan.latency)}", 'response = { ok = "yes" }']
        if plan.cold_start:
            lines.append(f'cold_start = "{plan.cold_start!r}s"')
        if plan.reserved != UNLIMITED:
            lines.append(f"reserved_concurrency = {int(plan.reserved)}")
    if here := prompts(plan):
        lines.append("[prompts]")
        lines += [f'"{prompt(name)}" = "{seconds!r}s"' for name, seconds in here.items()]
    lines += ["[quotas]", f"{LINES} = {_number(plan.lines)}", f"{EXECUTIONS} = {_number(plan.executions)}"]
    lines.append(f"L-AB614373 = {_number(plan.table.quota)}" if plan.table is not None else "")
    lines.append(f"{RATE} = {_number(plan.start_rate)}" if plan.outbound else "")
    return [line for line in lines if line]


def _quoted(text: str) -> str:
    return f'"{text}"'


def _number(value: float) -> str:
    return str(int(min(value, MANY)))


def _definition(plan: Plan) -> dict[str, object]:
    table = plan.table
    assert table is not None
    made: dict[str, object] = {
        "TableName": TABLE,
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    if table.burst_seconds <= 1.0:
        return {**made, "BillingMode": "PAY_PER_REQUEST"}
    given = {"ReadCapacityUnits": int(table.units), "WriteCapacityUnits": int(table.units)}
    return {**made, "BillingMode": "PROVISIONED", "ProvisionedThroughput": given}
