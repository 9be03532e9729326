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

from busyhour.contracts.check import Checker
from busyhour.contracts.loading import RuleSet
from busyhour.contracts.reading.sources import gather
from busyhour.errors import BusyhourError
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
    unreadable: tuple[Path, ...] = ()
    """Those of them that are meant to be flows and cannot be read."""


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
    checker, flows = Checker(RuleSet(())), dict[str, Flow]()
    read, unreadable = dict[Path, None](), dict[Path, None]()
    gathered = gather([str(path)])
    root = path if path.is_dir() else path.parent
    skipped = {str(Path(file).relative_to(root)): reason for file, reason in gathered.skipped.items()}
    for view in map(checker.subject, gathered.sources):
        file = Path(view.path)
        if view.flow is None:
            error = view.unreadable or view.not_convertible
            if error is not None and not path.is_dir():
                raise error
            skipped[str(file.relative_to(root))] = "is no flow" if error is None else error.message
            if error is not None:
                unreadable[file] = None
            continue
        key = view.name
        if key in flows:
            key = f"{view.name} ({file.name})"
        flows[key] = view.flow
        read[file] = None
    if not flows:
        raise BusyhourError(f"{name}: no exported flow in it.", "Name a flow, or a folder of flows.")
    return FlowSet(name, root, tuple(read), flows, skipped, tuple(unreadable))


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
