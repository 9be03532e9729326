"""Read flows to compare from a file, a folder, or a git revision (`HEAD~1`, `main:flows`)."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.flows.export.document import DocumentError
from busyhour.flows.export.reader import FlowError, read_file
from busyhour.flows.model import Flow

GIT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FlowSet:
    """One version of some flows. `root` is a folder that contains `files` while the set is open."""

    name: str
    root: Path
    files: tuple[Path, ...]
    flows: Mapping[str, Flow]
    """By name."""
    skipped: Mapping[str, str]
    """Files that are not flows, with the reason."""


@contextlib.contextmanager
def open_set(name: str, patterns: Sequence[str], folder: Path) -> Iterator[FlowSet]:
    """Open the flows that `name` refers to.

    Args:
        name: a file, a folder, or a git revision, with `:path` for a part of the project's flows.
        patterns: the project's patterns of flows, relative to `folder`; used for a revision without a path.
        folder: the project's root.

    Raises:
        BusyhourError: there is no such file, folder or revision, or no flow in it.
    """
    path = Path(name)
    if path.exists():
        yield _read(name, path)
        return
    with tempfile.TemporaryDirectory(prefix="busyhour-diff-") as held:
        left_out = _extract(name, patterns, folder, Path(held))
        found = _read(name, Path(held))
        yield replace(found, skipped={**left_out, **found.skipped})


def _read(name: str, path: Path) -> FlowSet:
    files = [path] if not path.is_dir() else sorted(p for p in path.rglob("*.json") if _visible(p, path))
    flows: dict[str, Flow] = {}
    skipped: dict[str, str] = {}
    read: list[Path] = []
    for file in files:
        try:
            flow = read_file(file)
        except (DocumentError, FlowError) as error:
            if not path.is_dir():
                raise
            skipped[str(file.relative_to(path))] = error.message
            continue
        key = flow.name
        if key in flows:
            key = f"{flow.name} ({file.name})"
        flows[key] = flow
        read.append(file)
    if not flows:
        raise BusyhourError(f"{name}: no exported flow in it.", "Name a flow, or a folder of flows (*.json).")
    return FlowSet(name, path if path.is_dir() else path.parent, tuple(read), flows, skipped)


def _visible(path: Path, root: Path) -> bool:
    return not any(
        part.startswith(".") or part in ("node_modules", "out") for part in path.relative_to(root).parts
    )


def _extract(name: str, patterns: Sequence[str], folder: Path, into: Path) -> dict[str, str]:
    """Extract the flows of a revision into a folder; return what is left out, with the reason: links to outside of it."""
    revision, _, inside = name.partition(":")
    known = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if known is None:
        raise BusyhourError(
            f"{name}: there is no such file or folder, and no such git revision here.",
            "Name an exported flow, a folder of them, or a revision like HEAD~1 or main:flows.",
        )
    commit = known.decode().strip()
    specs = [inside] if inside else [f":(glob){pattern}" for pattern in patterns] or ["."]
    packed = _git(folder, "archive", "--format=tar", commit, "--", *specs)
    if packed is None:
        raise BusyhourError(
            f"{name}: the revision has no {inside or ' or '.join(patterns) or 'file'}.",
            "Name a path of the revision: `git ls-tree -r --name-only` lists them.",
        )
    left_out: dict[str, str] = {}

    def inside_only(member: tarfile.TarInfo, where: str) -> tarfile.TarInfo | None:
        try:
            return tarfile.data_filter(member, where)
        except tarfile.FilterError:
            left_out[member.name] = "is a link to a place outside of the revision, or no regular file"
            return None

    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter=inside_only)
    return left_out


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return the output of git; None if it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, timeout=GIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BusyhourError(
            f"git did not answer within {GIT_SECONDS} s.", "Compare files and folders, or try again."
        ) from None
    except FileNotFoundError:
        raise BusyhourError("git is not installed.", "Install it, or compare files and folders.") from None
    return done.stdout if done.returncode == 0 else None
