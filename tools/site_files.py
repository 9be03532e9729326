"""MkDocs hook: adds the repository files that pages link to, so that the site is complete without the repository.

A page's link `../scenarios/README.md` leads out of docs/. The file is added as `repository/scenarios/README.md` and the
link is rewritten to it; the added pages' own links are followed in the same way. A folder is its README.md, or where it
has none a list of its files.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
ADDED = "repository"
LINK = re.compile(r"(?P<before>\]\()(?P<target>[^)\s#:]+)(?P<after>(?:#[^)\s]*)?\))")
PAGES_OF_THE_PROJECT = ("README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")


def on_files(files: Files, config: Any) -> Files:
    """Add every repository file that a page links to."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()] + list(PAGES_OF_THE_PROJECT)
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        file, place = ROOT / path, _place(path)
        if file.is_dir():
            files.append(File.generated(config, place, content=_listing(file)))
            waiting += [f"{path}/{each.name}" for each in sorted(file.iterdir()) if each.is_file()]
        elif files.get_file_from_path(place) is None:
            files.append(File.generated(config, place, abs_src_path=str(file)))
        if path.endswith(".md"):
            links = LINK.finditer(file.read_text(encoding="utf-8"))
            waiting += [target for link in links if (target := _resolve(path, link["target"]))]
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the page's links to where the files are in the site."""
    here = page.file.src_uri
    path = here.removeprefix(f"{ADDED}/") if here.startswith(f"{ADDED}/") else f"docs/{here}"

    def rewritten(link: re.Match[str]) -> str:
        target = _resolve(path, link["target"])
        if target is None:
            return link[0]  # MkDocs reports it
        place = posixpath.relpath(_place(target), posixpath.dirname(here) or ".")
        return f"{link['before']}{place}{link['after']}"

    return LINK.sub(rewritten, markdown)


def _listing(folder: Path) -> str:
    """Return a page that lists the files of a folder."""
    names = [each.name for each in sorted(folder.iterdir()) if each.is_file()]
    return "\n".join((f"# {folder.name}", "", *(f"- [{name}]({name})" for name in names), ""))


def _resolve(path: str, target: str) -> str | None:
    """Return the path from the repository's root of what the page at `path` links to; None where it does not exist."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if not (ROOT / found).exists():
        return None
    readme = f"{found}/README.md"
    return readme if (ROOT / readme).is_file() else found


def _place(path: str) -> str:
    """Return where a repository file or a folder's list is in the site."""
    if (ROOT / path).is_dir():
        path = f"{path}/index.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else f"{ADDED}/{path}"
