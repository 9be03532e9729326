"""busyhour explore: Simulate calls against flows, with many callers, function responses and queue states; list failures and branches never taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from busyhour.cli._flow_paths import flow_paths, pair
from busyhour.cli._say import print_document, say
from busyhour.cli._trust import Own, trust_options

if TYPE_CHECKING:
    from busyhour.exploration.project import Subjects
    from busyhour.exploration.search.explorer import Settings
    from busyhour.lambda_contract.handler import Handlers, Setup


@click.command("explore")
@click.argument("paths", nargs=-1)
@click.option(
    "--profile", type=click.Choice(["ci", "nightly"]), default="ci", show_default=True, help="Search effort."
)
@click.option("--examples", type=click.IntRange(min=0), help="Random calls for each flow, after the search.")
@click.option("--seed", type=int, help="Random seed. The ci profile uses a fixed seed.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the result."
)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with every flow drawn."
)
@click.option(
    "--lcov", type=click.Path(path_type=Path, dir_okay=False), help="Write transition coverage as LCOV."
)
@click.option(
    "--lambda",
    "functions",
    multiple=True,
    metavar="NAME=FILE.py:HANDLER",
    help="Call the real Python handler of a function, and check it against its contract with the flows.",
)
@click.option(
    "--idempotent", multiple=True, metavar="NAME", help="This function returns the same response to a retry."
)
@click.option(
    "--alias", "aliases", multiple=True, metavar="REFERENCE=NAME", help="Resource name of an ARN or id."
)
@click.option("--ignore", multiple=True, metavar="INVARIANT", help="Do not check this invariant.")
@click.option("--entry", metavar="FLOW", help="Only calls that enter this flow: its name, or its file.")
@click.option(
    "--replay",
    metavar="TOKEN",
    help="Replay the call with this token, as printed with a failure, and print its trace.",
)
@trust_options
@click.option("--list", "list_invariants", is_flag=True, help="List the invariants and stop.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Also print unreachable actions and branches, with the reason."
)
def command(
    paths: tuple[str, ...],
    profile: str,
    examples: int | None,
    seed: int | None,
    form: str,
    html: Path | None,
    lcov: Path | None,
    functions: tuple[str, ...],
    idempotent: tuple[str, ...],
    aliases: tuple[str, ...],
    ignore: tuple[str, ...],
    entry: str | None,
    replay: str | None,
    trust: bool,
    shipped_rules_only: bool,
    list_invariants: bool,
    verbose: bool,
) -> None:
    """Simulate calls against flows, with many callers, function responses and queue states; list failures and branches never taken.

    PATHS are exported flows, folders of them, or a scenario (.toml); without any, the flows of the project.

    Example: busyhour explore examples/helpdesk/flows --html coverage.html
    """
    from contextlib import ExitStack

    from busyhour.errors import ExitCode
    from busyhour.exploration.invariant import chosen, load_invariants
    from busyhour.exploration.project import Explored, read_flows
    from busyhour.exploration.search.explorer import Explorer
    from busyhour.project import Project

    project = Project.find()
    folders = project.invariants_folders()
    own = Own(project, folders, "invariant", trust=trust, shipped_only=shipped_rules_only)
    invariants = load_invariants(() if own.left_out else folders)
    unknown = own.ids - {one.id for one in invariants}
    invariants = chosen(invariants, [name for name in ignore if name not in unknown])
    if list_invariants:
        width = max(len(one.id) for one in invariants)
        for one in invariants:
            say(f"{one.id:<{width}}  {one.summary}")
        own.report()
        return
    sources = flow_paths(paths, project)
    known = {**sources.aliases, **dict(pair(one, "--alias") for one in aliases)}
    with ExitStack() as stack:
        handlers = _handlers(functions, idempotent, sources.setup)
        real = {}
        if handlers is not None:
            real = stack.enter_context(handlers).functions()
        again = _again(paths, {"--lambda": functions, "--alias": aliases, "--ignore": ignore})
        subjects = read_flows(sources.files, aliases=known, functions=real, again=again)
        if handlers is not None:
            _ready(handlers, subjects)
        explorer = Explorer(
            subjects.context,
            invariants,
            settings_of(profile, examples, seed),
            # The ci profile depends on the flows alone: calls of earlier runs are kept by the other one.
            None if profile == "ci" else _database(project),
        )
        if replay is not None:
            code = _replay(explorer, subjects, entry, replay)
            raise SystemExit(int(ExitCode.BAD_INPUT) if own.report() else code)
        reports: list[Any] = []
        findings: list[Any] = []
        interrupted = False
        try:
            explore_all(explorer, None if entry is None else [subjects.find(entry)], into=reports)
            findings = [] if handlers is None else _check_handlers(handlers, subjects, examples)
        except KeyboardInterrupt:
            interrupted = True
        explored = Explored(subjects, reports)
    if reports or not interrupted:
        _write(explored, form, html, lcov, verbose, findings)
    if interrupted:
        left = len(subjects.context.flows) - len(reports) if entry is None else 1 - len(reports)
        say(f"Interrupted: {left} flows were not explored to the end, and are not in the result.", err=True)
        raise SystemExit(int(ExitCode.INTERRUPTED))
    if own.report():
        raise SystemExit(int(ExitCode.BAD_INPUT))
    if any(one.failures for one in reports) or findings:
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))


def _again(paths: tuple[str, ...], options: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The arguments with which a call is the same call again."""
    given = [word for name, values in options.items() for value in values for word in (name, value)]
    return (*paths, *given)


def settings_of(name: str, examples: int | None, seed: int | None) -> Settings:
    """Settings of a profile, overridden by the command line."""
    from dataclasses import replace

    from busyhour.exploration.search.explorer import profile

    settings = profile(name)
    if examples is not None:
        settings = replace(settings, examples=examples)
    return settings if seed is None else replace(settings, seed=seed)


def _database(project: Any) -> Path:
    return Path(project.root) / ".hypothesis" / "busyhour"


def explore_all(explorer: Any, entries: Any = None, into: list[Any] | None = None) -> Any:
    """Explore every flow, or some, with a progress bar on a terminal.

    Args:
        explorer: of the flows.
        entries: flows to explore; None: all.
        into: receives each flow's report when it is done, so that Ctrl-C leaves what was found.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from busyhour.report.renderers.plain_console import PlainConsole

    console = PlainConsole(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("exploring", total=len(entries or explorer.context.flows))

        def done(report: Any) -> None:
            if into is not None:
                into.append(report)
            progress.update(task, advance=1, description=report.flow.name[:40])

        return explorer.explore(entries, on_report=done)


def _handlers(
    functions: tuple[str, ...], idempotent: tuple[str, ...], setup: Setup | None
) -> Handlers | None:
    if not functions:
        return None
    from busyhour.lambda_contract.handler import Handlers

    return Handlers(dict(pair(one, "--lambda") for one in functions), frozenset(idempotent), setup)


def _ready(handlers: Handlers, subjects: Subjects) -> None:
    """Every handler is for a function that the flows invoke, and is imported before anything is timed."""
    from busyhour.lambda_contract.checks import ensure_invoked
    from busyhour.lambda_contract.usage import contract_of

    ensure_invoked(handlers, contract_of(subjects.context.flows, subjects.context.library.known))
    handlers.warm()


def _check_handlers(handlers: Handlers, subjects: Subjects, examples: int | None) -> list[Any]:
    from busyhour.lambda_contract.checks import check_handlers
    from busyhour.lambda_contract.usage import contract_of

    contract = contract_of(subjects.context.flows, subjects.context.library.known)
    return check_handlers(handlers, contract, 50 if examples is None else max(1, examples))


def _replay(explorer: Any, subjects: Subjects, entry: str | None, word: str) -> int:
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.exploration.output.text import failure_lines
    from busyhour.exploration.search.coverage_search import replayed
    from busyhour.exploration.search.story import story
    from busyhour.exploration.world.choices import choices_of
    from busyhour.flows.playback.call_trace import Trace, Tracer, lines

    choices = choices_of(word)
    if entry is None and len(subjects.files) > 1:
        raise BusyhourError(
            f"there are {len(subjects.files)} flows, and --entry does not name the one that the call enters",
            "Give --entry FLOW, as the failure printed it.",
        )
    flow = subjects.context.flows[0] if entry is None else subjects.find(entry)
    tracer = Tracer()
    played = replayed(subjects.context, flow, choices, tracer=tracer)
    for line in lines(Trace(played.call.contact, tracer.steps, played.call, played.seconds)):
        say(line)
    say()
    _, failures = explorer.replay(flow, choices)
    for failure in failures:
        for line in failure_lines(failure, flow, subjects):
            say(line)
    if not failures:
        for number, sentence in enumerate(story(played), start=1):
            say(f"  {number:>3}. {sentence}")
        say("all invariants hold on this call")
    return int(ExitCode.DOES_NOT_HOLD if failures else ExitCode.OK)


def _write(
    explored: Any, form: str, html: Path | None, lcov: Path | None, verbose: bool, findings: list[Any]
) -> None:
    from busyhour.exploration.output import html_page, json_output, text
    from busyhour.exploration.output import lcov as lcov_

    if form == "json":
        import json

        found = json_output.data(explored)
        found["handlers"] = [one.as_data() for one in findings]
        print_document(json.dumps(found, ensure_ascii=False, indent=2) + "\n", form="json")
    else:
        print_document(text.render(explored, verbose=verbose))
        for one in findings:
            say()
            print_document(f"{one.text()}\n")
    for path, rendered in ((html, html_page.render), (lcov, lcov_.render)):
        if path is not None:
            save(path, rendered(explored))
    for path_, reason in explored.subjects.left_out.items():
        say(f"note: left out {path_}: {reason}", err=True)


def save(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        BusyhourError: it cannot be written.
    """
    from busyhour.errors import BusyhourError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be written: {error.strerror}", "Name a file that can be."
        ) from None
