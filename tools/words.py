"""Check of the project's wording: prints each phrase that is out, with its place and a better one.

Run by `make lint`. The phrases are in `words.toml` beside this file. Exits with 1 when it finds one.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_suffix(".toml")
PLACES = (
    "benchmarks",
    "contract_tests",
    "docs",
    "examples",
    "flow_schemas",
    "loadtests",
    "reports",
    "scenarios",
    "src",
    "tests",
    "tools",
    "Makefile",
    "pyproject.toml",
)
SUFFIXES = {".csv", ".html", ".j2", ".md", ".py", ".toml", ".yaml", ".yml"}
GENERATED_RUNS = ("reports/out", "tests/unit/tools")
_BREAK = r"(?:[ \t]+|[ \t]*\n[ \t]*(?:#:? ?|\*+ )?[ \t]*)"  # a comment's next line begins with its sign


@dataclass(frozen=True)
class Phrase:
    """A phrase that is out: its pattern, and what to write instead."""

    pattern: re.Pattern[str]
    better: str


@dataclass(frozen=True)
class Hit:
    """An occurrence of a phrase: file, line from 1, the text as written, and a better one."""

    path: str
    line: int
    text: str
    better: str

    def __str__(self) -> str:
        """Return one line of output."""
        return f"{self.path}:{self.line}: “{self.text}”; better: {self.better}"


def phrases(rows: list[dict[str, str]]) -> tuple[Phrase, ...]:
    """Compile the rows of `[[out]]`."""
    return tuple(
        Phrase(re.compile(row["phrase"].replace(" ", _BREAK), re.IGNORECASE), row["better"]) for row in rows
    )


def hits(path: str, text: str, out: tuple[Phrase, ...]) -> Iterator[Hit]:
    """Find each phrase in the text of the file `path`."""
    for phrase in out:
        for match in phrase.pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Hit(path, line, " ".join(match.group().split()), phrase.better)


def files(root: Path, due: tuple[str, ...] = ()) -> Iterator[tuple[str, Path]]:
    """Walk the files to read, as (path from `root`, file); folders in `due` are left out."""
    tops = [root / place for place in PLACES if (root / place).exists()] + sorted(root.glob("*.md"))
    for top in tops:
        for file in [top] if top.is_file() else sorted(top.rglob("*")):
            name = file.relative_to(root).as_posix()
            skipped = any(
                name == folder or name.startswith(folder + "/") for folder in (*due, *GENERATED_RUNS)
            )
            wanted = file.suffix in SUFFIXES or file.name == "Makefile" or name.endswith(".schema.json")
            if wanted and not skipped and name != "tools/words.toml" and file.is_file():
                yield name, file


def check(root: Path, listed: str) -> list[Hit]:
    """Check all files below `root` against the list, the text of `words.toml`."""
    data = tomllib.loads(listed)
    out = phrases(data["out"])
    found = [
        hit
        for name, file in files(root, tuple(data.get("due", ())))
        for hit in hits(name, file.read_text("utf-8"), out)
    ]
    return sorted(found, key=lambda hit: (hit.path, hit.line))


def main() -> int:
    """Check the tree, or the folders and files given as arguments even where they are due."""
    listed = LIST.read_text("utf-8")
    asked = tuple(sys.argv[1:])
    if asked:
        listed = re.sub(r"^due = \[.*?\]$", "", listed, flags=re.MULTILINE | re.DOTALL)
    found = [hit for hit in check(ROOT, listed) if not asked or hit.path.startswith(asked)]
    for hit in found:
        print(hit)
    if found:
        print(f"{len(found)} phrases to reword; the list is tools/words.toml", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
