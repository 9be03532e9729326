"""Write every file of the repository that is made from code or data: `make generate`.

With `--check` nothing is written: the files that differ are listed, and the exit code is 1 (`make lint`). Another
generated file is one more function in `GENERATORS`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "make generate"

Texts = Mapping[str, str]
"""Path below the repository's root -> the text of the whole file."""


@dataclass(frozen=True)
class Generator:
    """One source of files: `texts` makes them; `owned` is a glob of files that only this generator writes."""

    texts: Callable[[], Texts]
    owned: str | None = None


def _rule_pages() -> Texts:
    from busyhour.contracts.loading import load_rules
    from busyhour.contracts.rule_pages import FOLDER, pages

    return {f"{FOLDER}/{name}": text for name, text in pages(load_rules()).items()}


def _flow_schemas() -> Texts:
    from busyhour.contracts.schema.publish import documents
    from busyhour.contracts.schema.store import shipped_schemas

    return {f"flow_schemas/{name}": _json(made) for name, made in documents(shipped_schemas()).items()}


def _action_types() -> Texts:
    from busyhour.contracts.schema.store import shipped_schemas
    from busyhour.flows.action_types import of_schema

    store = shipped_schemas()
    facts = {type: of_schema(store.action(type)) for type in sorted(store.types)}
    return {"src/busyhour/flows/action_types/declared.json": _json(facts)}


def _run_record() -> Texts:
    from busyhour.results.json_schema import RUN_ID, RUN_TITLE, schema_of
    from busyhour.results.record import RunRecord

    return {"reports/run.schema.json": _json(schema_of(RunRecord, title=RUN_TITLE, schema_id=RUN_ID))}


def _ledger() -> Texts:
    from busyhour.quotas.evidence import SCHEMA_ID, TITLE, Evidence
    from busyhour.results.json_schema import schema_of

    return {"reports/ledger.schema.json": _json(schema_of(Evidence, title=TITLE, schema_id=SCHEMA_ID))}


def _coverage() -> Texts:
    from busyhour.emulator.coverage.page import page

    return {"docs/emulator-coverage.md": page()}


def _commands() -> Texts:
    from busyhour.cli._reference import page

    return {"docs/commands.md": page()}


def _public_surface() -> Texts:
    from busyhour.api._page import page

    return {"docs/api.md": page()}


def _workflows() -> Texts:
    starter = ROOT / "src" / "busyhour" / "cli" / "_starter" / "ci"
    return {f"docs/ci/{path.name}": path.read_text(encoding="utf-8") for path in starter.glob("*.yml")}


GENERATORS: Mapping[str, Generator] = {
    "pages of the rules": Generator(_rule_pages, owned="docs/rules/*.md"),
    "schemas of flows": Generator(_flow_schemas),
    "facts of action types": Generator(_action_types),
    "schema of run records": Generator(_run_record),
    "schema of the evidence ledger": Generator(_ledger),
    "coverage page of the emulator": Generator(_coverage),
    "reference of commands": Generator(_commands),
    "page of the public surface": Generator(_public_surface),
    "CI workflows": Generator(_workflows, owned="docs/ci/*.yml"),
}


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def due(generator: Generator) -> Iterator[tuple[str, str | None]]:
    """Files that differ from what is generated, with their new text; None where the file has to go."""
    texts = generator.texts()
    for name, text in sorted(texts.items()):
        path = ROOT / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield name, text
    if generator.owned is not None:
        for path in sorted(ROOT.glob(generator.owned)):
            name = path.relative_to(ROOT).as_posix()
            if name not in texts:
                yield name, None


def write(changes: Iterable[tuple[str, str | None]]) -> None:
    """Apply what `due` found, and print each file."""
    for name, text in changes:
        path = ROOT / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'removed' if text is None else 'wrote'} {name}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run all generators."""
    parser = argparse.ArgumentParser(description="Write the files that are made from code or data.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 where a file differs"
    )
    check = parser.parse_args(arguments).check
    stale = False
    for title, generator in GENERATORS.items():
        changes = list(due(generator))
        if not check:
            write(changes)
            continue
        for name, _ in changes:
            stale = True
            sys.stderr.write(f"{name}: not current ({title})\n")
    if stale:
        sys.stderr.write(f"Run `{COMMAND}` and commit what it writes.\n")
    return int(stale)


if __name__ == "__main__":
    # The code of this tree, regardless of an installed one.
    sys.path.insert(0, str(ROOT / "src"))
    raise SystemExit(main())
