"""Generated files are current, and `make generate` writes what differs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "tools" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Data classes look their module up by name.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "generate", module)
        spec.loader.exec_module(module)
    return module


generate = _load()


def test_generated_files_are_current() -> None:
    """In a process of its own, as lint does it: other tests change what commands know."""
    done = subprocess.run([sys.executable, generate.__file__, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty tree with one generator, which owns pages/*.md."""
    made = generate.Generator(lambda: {"pages/one.md": "one\n", "pages/two.md": "two\n"}, owned="pages/*.md")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "GENERATORS", {"pages": made})
    return tmp_path


def test_missing_changed_and_left_over_files_are_put_right(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main([]) == 0
    assert capsys.readouterr().out == "wrote pages/one.md\nwrote pages/two.md\n"
    (tree / "pages" / "two.md").write_text("edited by hand")
    (tree / "pages" / "three.md").write_text("of a rule that is gone")
    assert generate.main([]) == 0
    assert capsys.readouterr().out == "wrote pages/two.md\nremoved pages/three.md\n"
    assert generate.main([]) == 0
    assert capsys.readouterr().out == ""


def test_a_check_names_files_and_command_and_writes_nothing(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "pages/one.md" in told
    assert "make generate" in told
    assert not (tree / "pages").exists()
