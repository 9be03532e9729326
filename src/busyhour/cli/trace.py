"""busyhour trace: Run one call through a flow and print what happens, action by action."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from busyhour.cli import _entries
from busyhour.cli._flow_paths import pair
from busyhour.cli._say import print_document, say
from busyhour.input_files import DATA_BYTES, parse_json, read_text

if TYPE_CHECKING:
    from busyhour.flows.contact import Contact
    from busyhour.flows.library import FlowLibrary
    from busyhour.flows.model import Flow


@click.command("trace")
@click.argument("flow", type=click.Path(path_type=Path))
@click.option(
    "-i",
    "--input",
    "inputs",
    multiple=True,
    metavar="KEYS",
    help="Next input of the caller: keys (0-9 * #, `,` pauses; ^12: while the next prompt plays), an intent, "
    "`silence` or `hang-up`. Repeat in order.",
)
@click.option(
    "-l",
    "--lambda",
    "functions",
    multiple=True,
    metavar="NAME=JSON",
    help="Response of a function: JSON, @FILE, timeout, throttled or function_error. Repeat for further invocations.",
)
@click.option(
    "-a",
    "--attribute",
    "attributes",
    multiple=True,
    metavar="KEY=VALUE",
    help="A contact attribute from the start.",
)
@click.option(
    "-f",
    "--flows",
    "others",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Other flows: files or folders.",
)
@click.option(
    "--alias",
    "aliases",
    multiple=True,
    metavar="REFERENCE=NAME",
    help="Resource name of an ARN or id in the flows.",
)
@click.option(
    "--channel", type=click.Choice(["VOICE", "CHAT", "TASK", "EMAIL"]), default="VOICE", show_default=True
)
@click.option("--closed", is_flag=True, help="Hours of operation are closed.")
@click.option(
    "--override", default="", metavar="NAME", help="The override of the hours of operation that is in force."
)
@click.option(
    "--value",
    "values",
    multiple=True,
    metavar="REFERENCE=JSON",
    help="A value that services return: $.Case.status=open, $.DataTableList.ResultData={...}.",
)
@click.option("--queue-full", is_flag=True, help="Every queue is full.")
@click.option(
    "--wait", type=click.FloatRange(min=0), default=45.0, show_default=True, help="Seconds in the queue."
)
@click.option(
    "--talk", type=click.FloatRange(min=0), default=180.0, show_default=True, help="Seconds with the agent."
)
@click.option("--log", is_flag=True, help="Print the flow log that Connect would write, as JSON lines.")
@click.option(
    "--from-log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Replay a real flow log; print the first difference.",
)
def command(
    flow: Path,
    inputs: tuple[str, ...],
    functions: tuple[str, ...],
    attributes: tuple[str, ...],
    others: tuple[Path, ...],
    aliases: tuple[str, ...],
    channel: str,
    closed: bool,
    override: str,
    values: tuple[str, ...],
    queue_full: bool,
    wait: float,
    talk: float,
    log: bool,
    from_log: Path | None,
) -> None:
    """Run one call through a flow and print what happens, action by action.

    FLOW is an exported flow, or a scenario (.toml): its entry flow is run, with its flows and aliases.

    Example: busyhour trace flows/main.json --flows flows --input 1 --lambda lookup='{"found": "yes"}'
    """
    from busyhour.flows.contact import Contact
    from busyhour.flows.playback import call_trace
    from busyhour.flows.playback.script import Script, ensure_called, unknown_functions
    from busyhour.flows.protocol import Invoke

    entry, library, prompt_seconds = _library(
        flow, others, dict(pair(one, "--alias", empty=True) for one in aliases)
    )
    contact = Contact(
        channel=channel, attributes=dict(pair(one, "--attribute", empty=True) for one in attributes)
    )
    if from_log is not None:
        _replay(entry, library, contact, from_log)
        return
    answers: dict[str, list[Any]] = {}
    for one in functions:
        name, text = pair(one, "--lambda", empty=True)
        answers.setdefault(name, []).append(_answer(name, text))
    ensure_called(answers, library, "--lambda ")
    returned = dict(_value(*pair(one, "--value")) for one in values)
    script = Script(
        list(inputs), answers, not closed, queue_full, wait, talk, values=returned, override=override
    )
    found = call_trace.run(library, entry, script, contact=contact, prompt_seconds=prompt_seconds)
    _print(found, log)
    called = [step.effect.function_arn for step in found.steps if isinstance(step.effect, Invoke)]
    for name in unknown_functions(script, called):
        say(f"note: function {name!r} was not called", err=True)
    for text in script.assumed:
        say(f"note: {text}", err=True)
    if script.inputs:
        say(f"note: not asked for: {', '.join(script.inputs)}", err=True)


def _print(found: Any, log: bool) -> None:
    import json

    from busyhour.flows.playback import call_trace, flow_log
    from busyhour.flows.policy import unsourced_disconnect

    if log:
        printed = False
        for one in flow_log.entries(found):
            printed = True
            print_document(json.dumps(one, ensure_ascii=False) + "\n", form="json")
        if not printed:
            say("note: no action of the call enabled logging, so Connect would log nothing", err=True)
    else:
        for line in call_trace.lines(found):
            say(line)
        say(f"{found.seconds:9.1f}  {found.call.actions_run} actions")
    for kind in found.call.unmodelled:
        say(f"note: {kind} is not modelled: its default path was taken", err=True)
    for name in found.call.after_disconnect:
        say(f"note: {unsourced_disconnect(name)}", err=True)
    for reference in found.call.unresolved:
        say(f"note: flow {reference!r} is not here: add it with --flows, or name it with --alias", err=True)


def _replay(entry: Flow, library: FlowLibrary, contact: Contact, path: Path) -> None:
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.flows.playback.flow_log import read_log
    from busyhour.flows.playback.replay import replay

    try:
        text = read_text(path, DATA_BYTES, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BusyhourError(
            f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}",
            "Name a flow log in UTF-8, as `aws logs filter-log-events` prints it.",
        ) from None
    found = replay(library, entry, read_log(text, str(path)), contact=contact)
    _print(found.trace, log=False)
    if found.divergence is None:
        say(f"the export follows the log: {found.followed} of {found.entries} actions")
        return
    divergence = found.divergence
    after = f"after {divergence.after!r} " if divergence.after else "at the start "
    say(
        f"the export parts from the log {after}({found.followed} of {found.entries} actions): "
        f"{path}:{divergence.entry.line} ran {divergence.entry.identifier!r} in flow {divergence.entry.flow!r}, "
        + (
            f"the export goes to {divergence.instead!r}"
            if divergence.instead
            else "the export runs nothing more"
        )
    )
    raise SystemExit(ExitCode.DOES_NOT_HOLD)


def _library(
    path: Path, others: tuple[Path, ...], aliases: dict[str, str]
) -> tuple[Flow, FlowLibrary, Mapping[str, float]]:
    from busyhour.flows.export.reader import read_file
    from busyhour.flows.library import FlowLibrary

    if path.suffix == ".toml":
        from busyhour.scenarios.reader import load

        scenario = load(path)
        _entries.check(scenario)
        flows = [read_file(file) for file in scenario.flows.files] + _others(path, others)
        library = FlowLibrary(flows, {**scenario.flows.aliases, **aliases})
        return library.get(scenario.flows.entry), library, scenario.prompt_seconds
    entry = read_file(path)
    return entry, FlowLibrary([entry, *_others(path, others)], aliases), {}


def _others(path: Path, others: tuple[Path, ...]) -> list[Flow]:
    """The flows in files and folders; other files in a folder are named and left out."""
    from busyhour.errors import BusyhourError
    from busyhour.flows.export.reader import FlowError, read_file

    flows: list[Flow] = []
    for other in others:
        folder = other.is_dir()
        files = sorted(one for one in other.rglob("*.json") if one.is_file()) if folder else [other]
        if folder and not files:
            raise BusyhourError(f"{other}: has no .json file", "Name a folder of exported flows.")
        for file in files:
            if file.resolve() == path.resolve():
                continue
            try:
                flows.append(read_file(file))
            except FlowError as error:
                if not folder:
                    raise
                say(f"note: left out: {error.message}", err=True)
    return flows


def _value(reference: str, text: str) -> tuple[str, Any]:
    """Return a reference path, without `$.`, and its value: JSON, else the text itself."""
    try:
        value = parse_json(text)
    except ValueError:
        value = text
    return reference.removeprefix("$."), value


def _answer(name: str, text: str) -> Any:
    from busyhour.errors import BusyhourError
    from busyhour.flows.playback.script import LAMBDA_FAILURES

    if text in LAMBDA_FAILURES:
        return text
    if text.startswith("@"):
        try:
            text = read_text(Path(text[1:]), encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BusyhourError(
                f"--lambda {name}: {text[1:]} cannot be read: {getattr(error, 'strerror', None) or error}",
                "Give @FILE with the path of a JSON file in UTF-8.",
            ) from None
    try:
        return parse_json(text)
    except ValueError as error:
        raise BusyhourError(
            f"--lambda {name}: {text!r} is not JSON: {error}",
            f'Give JSON (\'{{"key": "value"}}\'), @FILE, or one of {", ".join(sorted(LAMBDA_FAILURES))}.',
        ) from None
