"""What is fuzzed: kinds of input files, each with its seeds and the commands that read it."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutations import LITERALS, mutate

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
FLOWS = PROJECT / "examples" / "helpdesk" / "flows"
SCENARIO = PROJECT / "scenarios" / "helpdesk.toml"


@dataclass(frozen=True)
class Kind:
    """A kind of input: `name` of its file, `form` of its mutations, seeds, and commands with {} for the file.

    `@load SCENARIO` reads a scenario, in process: what `plan` does before it forecasts, which takes
    seconds. A few of them are run as `plan` among the real commands.
    `before` prepares the folder; `heavy` commands are drawn once in fifty inputs of this kind.
    """

    name: str
    form: str
    seeds: tuple[bytes, ...]
    commands: tuple[str, ...]
    heavy: tuple[str, ...] = ()
    before: Callable[[Path], None] | None = None
    weight: int = 1


def _run_folder(folder: Path) -> None:
    for name in ("run.json", "load.json"):
        shutil.copy(HERE / "seeds" / name, folder / name)


def _terraform(flow: bytes) -> Iterator[bytes]:
    text = flow.decode()
    hcl = text.replace('":', '" =')
    yield f'resource "aws_connect_contact_flow" "main" {{\n  name = "m"\n  content = jsonencode({hcl})\n}}\n'.encode()
    yield f'resource "aws_connect_contact_flow" "main" {{\n  content = <<EOT\n{text}\nEOT\n}}\n'.encode()


def _cloudformation(flow: bytes) -> Iterator[bytes]:
    text = flow.decode()
    block = "\n".join("        " + line for line in text.splitlines())
    head = "Resources:\n  Main:\n    Type: AWS::Connect::ContactFlow\n    Properties:\n      Name: m\n      Content: "
    yield f"{head}!Sub |\n{block}\n".encode()
    yield f"{head}{json.dumps(text)}\n".encode()
    yield f"{head}!Join ['', [{json.dumps(text[:200])}, !GetAtt Q.Arn, {json.dumps(text[200:])}]]\n".encode()
    import yaml

    inner = yaml.safe_dump(json.loads(text), sort_keys=False)
    indented = "\n".join("          " + line for line in inner.splitlines())
    yield f"{head}\n        Fn::ToJsonString:\n{indented}\n".encode()


def small_flow() -> bytes:
    """Return the smallest flow of the example."""
    return min((path.read_bytes() for path in FLOWS.glob("*.json")), key=len)


def flows_as_terraform_and_cloudformation() -> list[bytes]:
    """Return the smallest flow of the example in each form of a template."""
    return [*_terraform(small_flow()), *_cloudformation(small_flow())]


def _log() -> bytes:
    entry = {
        "ContactId": "c",
        "ContactFlowName": "helpdesk-main",
        "Identifier": "Greet",
        "ContactFlowModuleType": "PlayPrompt",
        "Results": "Success",
        "ExternalResults": {"name": "x"},
        "Parameters": {"Text": "Hello"},
        "Timestamp": "2026-11-30T10:00:00.000Z",
    }
    return "\n".join(json.dumps({**entry, "Identifier": f"a{n}"}) for n in range(5)).encode()


def history(path: Path) -> None:
    """Make a history of one run."""
    from busyhour.history.entry import Night
    from busyhour.history.store import History
    from busyhour.regression.metrics.observe import read

    with History.open(path) as opened:
        opened.add([Night(read(HERE / "seeds"))])


def kinds(folder: Path) -> Sequence[Kind]:
    """Return every kind; `folder` is for files that seeds are made from."""
    flows = tuple(path.read_bytes() for path in sorted(FLOWS.glob("*.json")))
    small = small_flow()
    database = folder / "seed.sqlite"
    history(database)
    with contextlib.closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("PRAGMA journal_mode = DELETE")
    opened.close()
    exported = folder / "seed.jsonl"
    from busyhour.history.store import History

    with History.open(database) as kept, exported.open("w", encoding="utf-8") as out:
        kept.export(out)
    run, load, answers = (
        (HERE / "seeds" / name).read_bytes() for name in ("run.json", "load.json", "answers.jsonl")
    )
    main = FLOWS / "helpdesk-main.json"
    scenario = SCENARIO.read_bytes().replace(b"../examples", str(PROJECT / "examples").encode())
    checks = ("check {}", "check --format json {}", "check --format sarif {}", "check --strict {}")
    quotas = (
        b'read_at = 2026-11-20\n"L-12AB7C57" = 500\n"connect.concurrent-active-calls-per-instance" = 10\n'
    )
    listing = b'{"L-12AB7C57": 500, "connect": {"concurrent-active-calls-per-instance": 10}}'
    contacts = b"InitiationTimestamp,Channel,InitiationMethod\n" + b"".join(
        b"2026-11-30T10:0%d:00Z,VOICE,INBOUND\n" % n for n in range(10)
    )
    intervals = b"interval,calls\n" + b"".join(b"2026-11-30T%02d:00,%d\n" % (n, n * 10) for n in range(24))
    reports = tuple(
        f"report {{dir}} --format {form} -o -" for form in ("text", "markdown", "json", "metrics")
    )
    histories = ("history list", "history export", "history show 1", "history trends --scenario helpdesk")
    return (
        Kind(
            "flow.json",
            "json",
            flows,
            (
                *checks,
                "check --fix {}",
                "trace {}",
                "trace --log {}",
                "contract {}",
                "convert {}",
                f"diff {{}} {main}",
                f"diff {main} {{}} --format json",
            ),
            heavy=("paths {}", "explore --examples 3 {}"),
            weight=8,
        ),
        Kind(
            "flow",
            "text",
            (small, b'{"ContactFlow": {"Content": %s}}' % json.dumps(small.decode()).encode()),
            checks,
        ),
        Kind("main.tf", "bytes", tuple(_terraform(small)), checks[:2], weight=3),
        Kind("template.yaml", "bytes", tuple(_cloudformation(small)), checks[:2], weight=3),
        Kind("scenario.toml", "toml", (scenario,), ("@load {}",), ("scenario check {}",), weight=4),
        Kind(
            "busyhour.toml",
            "toml",
            (
                b'flows = ["flow.json"]\nruns = "out"\n[check]\nstrict = true\nseverity = "error"\n[compare]\n',
            ),
            ("check {dir}", "history list"),
            before=lambda where: (where / "flow.json").write_bytes(small) and None,
        ),
        Kind(
            "run.json", "json", (run,), reports, ("compare {dir} --baseline {seeds}",), _run_folder, weight=4
        ),
        Kind(
            "load.json",
            "json",
            (load,),
            ("compare {dir} --baseline {seeds}",),
            ("history add {dir} --history {dir}/h.sqlite",),
            _run_folder,
            weight=2,
        ),
        Kind(
            "h.sqlite", "bytes", (database.read_bytes(),), tuple(f"{one} --history {{}}" for one in histories)
        ),
        Kind("h.jsonl", "jsonl", (exported.read_bytes(),), ("history import {} --history {dir}/new.sqlite",)),
        Kind("quotas.toml", "toml", (quotas,), ("quotas --source {}", "quotas --source {} --format json")),
        Kind("quotas.json", "json", (listing,), ("quotas --source {}",)),
        Kind("baseline.json", "json", (_baseline(),), (f"check --baseline {{}} {main}",)),
        Kind("log.jsonl", "jsonl", (_log(),), (f"trace {main} --from-log {{}}",)),
        Kind(
            "answer.json",
            "json",
            (b'{"name": "x", "vip": "true"}',),
            (f"trace {main} --lambda helpdesk-lookup=@{{}}",),
        ),
        Kind("answers.jsonl", "jsonl", (answers,), ("pull --from-answers {} --into {dir}/new",)),
        Kind("contract.json", "json", (_contract(),), ("contract diff {} {seeds}/contract.json",)),
        Kind("contacts.csv", "csv", (contacts,), ("@load {scenario} --set traffic.contacts.file={}",)),
        Kind(
            "contacts.json",
            "json",
            (_contact_records(),),
            ("@load {scenario} --set traffic.contacts.file={}",),
        ),
        Kind(
            "calls.csv",
            "csv",
            _exports(),
            ("learn --calls {}", "learn --calls {} --format json --timezone Asia/Seoul"),
            heavy=("learn --calls {} --into {dir}/scenario.toml",),
            before=lambda where: (where / "scenario.toml").write_bytes(scenario) and None,
            weight=2,
        ),
        Kind("records.jsonl", "jsonl", (_ctr(),), ("learn --records {}", "learn --records {} --format json")),
        Kind("flow.log", "jsonl", (_log(),), ("learn --flow-logs {}",)),
        Kind("function.log", "text", (_reports(),), ("learn --function-log lookup={}",)),
        Kind("intervals.csv", "csv", (intervals,), ("@load {scenario} --set traffic.intervals.file={}",)),
        Kind(
            "set.txt",
            "set",
            (b"traffic.calls_per_hour=9000",),
            ("@load {scenario} --set {set}",),
            weight=2,
        ),
    )


def _exports() -> tuple[bytes, ...]:
    """Return exports of other centres, one row an interval and one row a call."""
    halves = [f"11/30/2026,{hour}:{minute:02},Support" for hour in range(8, 12) for minute in (0, 30)]
    rows = "".join(f"{half},{40 + n},{38 + n},2,3:0{n}\n" for n, half in enumerate(halves))
    by_interval = f"Date,Time,Queue,Incoming Calls,Answered Calls,Abandoned Calls,Talk Duration (AVG)\n{rows}"
    calls = "".join(f"c{n},2026-11-30T10:{n:02}:00Z,Support,{n * 7},{n * 31}\n" for n in range(12))
    by_call = f"Contact ID,Initiation timestamp,Queue,Queue Duration,Agent AgentInteractionDuration\n{calls}"
    return by_interval.encode(), by_call.encode(), by_interval.replace(",", ";").encode("utf-16")


def _contact_records() -> bytes:
    """Return a response of SearchContacts."""
    times = [f"2026-11-30T10:0{n}:00Z" for n in range(9)]
    records = [{"Id": at, "Channel": "VOICE", "InitiationTimestamp": at} for at in times]
    return json.dumps({"Contacts": records}).encode()


def _ctr() -> bytes:
    """Return contact records as Connect streams them."""
    agent = {"AgentInteractionDuration": 90, "ConnectedToAgentTimestamp": "2026-11-30T10:09:30Z"}
    return "\n".join(
        json.dumps(
            {
                "ContactId": f"c{n}",
                "Channel": "VOICE",
                "InitiationMethod": "INBOUND",
                "InitiationTimestamp": f"2026-11-30T10:0{n}:00Z",
                "Queue": {"Name": "Support", "Duration": n, "EnqueueTimestamp": f"2026-11-30T10:0{n}:05Z"},
                "Agent": agent if n % 3 else None,
            }
        )
        for n in range(9)
    ).encode()


def _reports() -> bytes:
    """Return reports of a function's invocations, in text and as JSON."""
    line = "REPORT RequestId: {:x} Duration: {}.5 ms Billed Duration: 9 ms Init Duration: 200.25 ms\n"
    metrics = {"durationMs": 12.5, "initDurationMs": 99}
    record = {"requestId": "f", "status": "success", "metrics": metrics}
    lines = "".join(line.format(n, n * 7) for n in range(9))
    return (lines + json.dumps({"type": "platform.report", "record": record})).encode()


def _baseline() -> bytes:
    entry = {
        "rule": "prompt-text",
        "flow": "helpdesk-main",
        "action": "Greet",
        "count": 1,
        "reason": "x",
        "expires": "2027-01-31",
    }
    return json.dumps({"version": 2, "entries": [entry]}).encode()


def _contract() -> bytes:
    return (HERE / "seeds" / "contract.json").read_bytes()


KEYS = (
    *("traffic.calls_per_hour", "traffic.arrivals", "test.hold", "test.drain", "headroom", "seed", "drive"),
    *(
        "queues.Support.agents",
        "queues.Support.capacity",
        "callers.patience.mean",
        "callers.talk.cv",
        "quotas.x",
    ),
    *("objectives.blocked.at_most", "callers.menus.x.y", "flows.files", "a.b.c.d", "prompts.x", "test.ramp"),
)


@dataclass(frozen=True)
class Input:
    """One input: its file's name and content, the command's arguments."""

    number: int
    kind: str
    content: bytes
    arguments: tuple[str, ...]


def make(number: int, seed: int, known: Sequence[Kind], folder: Path) -> Input:
    """Return input `number` of `seed`, with its files written into `folder`: the same one every time."""
    draw = random.Random(f"{seed}/{number}")
    kind = draw.choices(known, [one.weight for one in known])[0]
    content = mutate(draw.choice(kind.seeds), kind.form, draw)
    heavy = bool(kind.heavy) and draw.random() < 0.02
    command = draw.choice(kind.heavy if heavy else kind.commands)
    if kind.before is not None:
        kind.before(folder)
    path = folder / kind.name
    path.write_bytes(content)
    words = {
        "{}": str(path),
        "{dir}": str(folder),
        "{seeds}": str(HERE / "seeds"),
        "{scenario}": str(SCENARIO),
        "{set}": f"{draw.choice(KEYS)}={draw.choice(LITERALS)}",
    }
    arguments = []
    for word in command.split():
        for mark, text in words.items():
            word = word.replace(mark, text)
        arguments.append(word)
    return Input(number, kind.name, content, tuple(arguments))
