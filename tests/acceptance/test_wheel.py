"""What is shipped works away from the checkout: the wheel, from another team's folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("loadtests", "contract_tests", "flow_schemas", "scenarios", "examples/helpdesk", "reports/templates")

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="needs a git checkout to compare the wheel with"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    (made,) = out.glob("*.whl")
    return made


def environment(folder: Path) -> Path:
    """A new virtual environment; returns its Python."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def run(*command: object, cwd: Path) -> str:
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=900,
        env=inherited,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def team_folder(folder: Path) -> Path:
    """Another team's repository: its own flows and scenario, and folders named like our rooms."""
    shutil.copytree(ROOT / "examples" / "helpdesk", folder / "examples" / "helpdesk")
    for room in ("scenarios", "loadtests", "contract_tests"):
        (folder / room).mkdir()
        (folder / room / "__init__.py").write_text("raise ImportError('the team\\'s own package')\n")
    text = (ROOT / "scenarios" / "helpdesk.toml").read_text(encoding="utf-8")
    (folder / "scenarios" / "ours.toml").write_text(text, encoding="utf-8")
    (folder / "busyhour.toml").write_text("", encoding="utf-8")
    return folder


OLD_BLOCK = {"id": "m", "type": "Disconnect", "parameters": [], "branches": []}
SHORT = (
    *("--smoke", "--set", "test.hold=12s", "--set", "test.drain=4s"),
    *("--set", 'objectives."latency_p95:lambda".at_most=20s'),  # other tests run beside this one
)


def test_the_wheel_holds_exactly_the_rooms_files(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = set(listed.stdout.split()) | {"reports/run.schema.json", "reports/ledger.schema.json"}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    shipped = {name.removeprefix("busyhour/_rooms/") for name in names if name.startswith("busyhour/_rooms/")}
    assert shipped == expected
    assert not [name for name in names if not name.startswith(("busyhour/", "busyhour-"))], (
        "nothing at the top level"
    )


@pytest.mark.slow
def test_runs_a_scenario_from_a_teams_own_folder(wheel: Path, tmp_path: Path) -> None:
    """The wheel is installed alone; what it depends on is lent by the environment of these tests."""
    python = environment(tmp_path / "env")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel, cwd=tmp_path)
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    )
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    team = team_folder(tmp_path / "team")
    where = run(python, "-c", "import busyhour; print(busyhour.__file__)", cwd=team).strip()
    assert where.startswith(str(site)), where
    out = run(python, "-m", "busyhour", "run", "ours", *SHORT, cwd=team)
    assert "ours is not shown: A smoke run" in out
    assert list((team / "reports" / "out").glob("ours-*/report.html"))
    assert "helpdesk" in run(python, "-m", "busyhour", "forecast", "helpdesk", cwd=team), (
        "the shipped scenario"
    )


@pytest.mark.slow
def test_installs_into_a_clean_environment_with_its_own_dependencies(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "env")
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--constraint",
        ROOT / "constraints.txt",
        f"{wheel}[all]",
        cwd=tmp_path,
    )
    team = team_folder(tmp_path / "team")
    assert "ours is not shown" in run(tmp_path / "env" / "bin" / "busyhour", "run", "ours", *SHORT, cwd=team)
    assert "no errors" in run(tmp_path / "env" / "bin" / "busyhour", "check", "examples", cwd=team)
    for line in pull_request_lines():
        bash(line, python.parent, new_project(python.parent / "busyhour", tmp_path / "new"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`busyhour` of an environment that has what `pip install busyhour` brings, without any extra."""
    folder = tmp_path_factory.mktemp("base")
    python = environment(folder / "env")
    run(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel, cwd=folder)
    return folder / "env" / "bin" / "busyhour"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("check examples/helpdesk/flows", "no errors"),
        ("explore examples/helpdesk/flows", "0 failures"),
        ("diff MAIN MAIN", "0 new findings"),
        ("convert OLD", '"2019-10-30"'),
        ("trace MAIN", "helpdesk"),
        ("paths MAIN", '"coverable"'),
        ("quotas", "connect"),
    ],
)
def test_the_base_install_does_all_that_needs_no_extra(
    base: Path, tmp_path: Path, command: str, printed: str
) -> None:
    team = team_folder(tmp_path / "team")
    old = team / "old.json"
    old.write_text(json.dumps({"version": "1", "start": "m", "modules": [OLD_BLOCK]}), encoding="utf-8")
    files = {"MAIN": team / "examples" / "helpdesk" / "flows" / "helpdesk-main.json", "OLD": old}
    assert printed in run(base, *(files.get(word, word) for word in command.split()), cwd=team)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("run ours", "all"),
        ("forecast ours", "forecast"),
        ("emulator", "emulator"),
        ("history list", "forecast"),
        ("report reports/out/latest", "forecast,report"),
        ("quotas --source aws", "aws"),
        ("explore examples --lambda helpdesk-lookup=examples/helpdesk/lambda/helpdesk.py:lookup", "emulator"),
    ],
)
def test_a_command_of_the_base_install_names_the_extra_that_it_lacks(
    base: Path, tmp_path: Path, command: str, extra: str
) -> None:
    team = team_folder(tmp_path / "team")
    done = subprocess.run(
        [base, *command.split()], cwd=team, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert f"pip install 'busyhour[{extra}]'" in line
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_base_install_is_small(base: Path) -> None:
    """Below 120 MB with pip itself; everything was about 630 MB."""
    files = [file for file in base.parents[1].rglob("*") if file.is_file() and not file.is_symlink()]
    assert sum(file.stat().st_size for file in files) < 120e6


def new_project(busyhour: Path, folder: Path) -> Path:
    """What `busyhour init` makes, under git as a CI checks it out."""
    if not folder.exists():
        run(busyhour, "init", folder, cwd=folder.parent)
        scenario = folder / "scenarios" / "helpdesk.toml"
        text = scenario.read_text(encoding="utf-8")
        scenario.write_text(
            re.sub(r'("latency_p95:lambda" = { at_most = ")\w+"', r'\g<1>60s"', text), encoding="utf-8"
        )
        for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "first")):
            run("git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words, cwd=folder)
        run("git", "update-ref", "refs/remotes/origin/main", "HEAD", cwd=folder)
    return folder


def pull_request_lines() -> list[str]:
    """What the GitHub workflow runs on a pull request, without the installation and the comment."""
    data = yaml.safe_load((ROOT / "docs" / "ci" / "github.yml").read_text(encoding="utf-8"))
    lines = [step["run"] for step in data["jobs"]["pull-request"]["steps"] if "run" in step]
    return [line for line in lines if not line.startswith(("pip ", "gh "))]


def bash(line: str, scripts: Path, cwd: Path) -> None:
    """Run a line of a workflow with nothing on the path but the clean environment and the system's own tools."""
    environment = {
        "PATH": f"{scripts}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(cwd),
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(cwd / "summary.md"),
        "BUSYHOUR_LATE_MS": "2000",
        "BUSYHOUR_SLIP_P99_MS": "2000",
        "BUSYHOUR_CPU_SHARE": "2",
    }
    command = ["bash", "-e", "-c", line]
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-2000:])
