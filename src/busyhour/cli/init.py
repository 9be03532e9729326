"""busyhour init: Create a new project: its folders, one scenario with its flows, a CI workflow; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from busyhour.cli._say import say

_STARTER = Path(__file__).with_name("_starter")
_EXAMPLE_FOLDERS = ("flows", "lambda", "tables")
_OF_STARTER = {
    "../examples/helpdesk/": "../",
    'hold = "100s"': 'hold = "65s"',
    'drain = "45s"': 'drain = "20s"',
    "whole, for 100 s.": "whole, for 65 s.",
}
"""Texts of the shipped scenario and what a new project has instead: its README is done in three minutes, and its calls
last half a minute, so that the hold reaches their stationary number."""
_CI = {
    "github": (".github/workflows/busyhour.yml", "`.github/workflows/busyhour.yml` does this on GitHub."),
    "gitlab": (".gitlab-ci.yml", "`.gitlab-ci.yml` does this on GitLab; add a pipeline schedule."),
    "codebuild": ("buildspec.yml", "`buildspec.yml` does this on AWS CodeBuild; add a schedule."),
    "none": (None, ""),
}


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--ci",
    type=click.Choice(sorted(_CI)),
    default="github",
    show_default=True,
    help="CI system to write a workflow for.",
)
def command(folder: Path, ci: str) -> None:
    """Create a busyhour project in DIR (a new or an existing folder).

    Existing files are left unchanged and listed.

    Example: busyhour init connect-tests
    """
    import os

    from busyhour.errors import BusyhourError
    from busyhour.project.trust import own_units, record

    before = own_units([folder / "contract_tests" / kind for kind in ("rules", "invariants")])
    made, kept = 0, []
    try:
        for name, content in _files(folder.absolute().name, ci):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("xb") as file:
                    file.write(content)
            except FileExistsError:
                kept.append(name)
            else:
                made += 1
    except OSError as error:
        raise BusyhourError(
            f"{error.filename or folder}: cannot be written: {error.strerror}.",
            "Name a folder that you may write into, on a disk with some space.",
        ) from None
    for name in kept:
        say(f"kept {folder / name}: it was there already")
    say(f"{made} files written to {folder}.")
    if before:
        say(
            f"{folder} has rules already, so it was not recorded as trusted: busyhour check --trust runs them."
        )
    elif (trusted := record(folder, os.environ)) is not None:
        say(f"{folder.resolve()} is recorded as trusted in {trusted}: its own rules run in busyhour check.")
    say(f"Next: cd {folder} && busyhour check flows && busyhour run helpdesk")


def _files(name: str, ci: str) -> Iterator[tuple[str, bytes]]:
    """Every file of a new project: path below its root, content."""
    from busyhour.shipped import shipped_root

    shipped = shipped_root()
    target, words = _CI[ci]
    readme = (_STARTER / "README.md").read_text(encoding="utf-8")
    yield "README.md", readme.replace("{name}", name).replace(" {ci}", f" {words}".rstrip()).encode()
    yield "busyhour.toml", (_STARTER / "busyhour.toml").read_bytes()
    yield ".gitignore", (_STARTER / "gitignore").read_bytes()
    if target is not None:
        yield target, (_STARTER / "ci" / f"{ci}.yml").read_bytes()
    example = shipped / "examples" / "helpdesk"
    for room in _EXAMPLE_FOLDERS:
        for path in sorted((example / room).iterdir()):
            if path.is_file() and not path.name.startswith("."):
                yield f"{room}/{path.name}", path.read_bytes()
    scenario = (shipped / "scenarios" / "helpdesk.toml").read_text(encoding="utf-8")
    for shipped_text, own_text in _OF_STARTER.items():
        scenario = scenario.replace(shipped_text, own_text)
    yield "scenarios/helpdesk.toml", scenario.encode()
    yield (
        "scenarios/scenario.schema.json",
        (shipped / "scenarios" / "scenario.schema.json").read_bytes(),
    )
    for room in ("contract_tests", "loadtests", "reports"):
        yield f"{room}/README.md", (_STARTER / f"room_{room}.md").read_bytes()
