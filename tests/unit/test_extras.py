"""Optional packages: the table of extras is pyproject's, and a command that lacks one names it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from busyhour import extras
from busyhour.cli import main
from busyhour.errors import BusyhourError

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMED_BY_USERS = {"locust", "boto3", "moto", "hypothesis", "pytest", "pytest-xdist", "jsonschema"}
BROUGHT_ALONG = {
    "botocore": "boto3",
    "gevent": "locust",
    "zmq": "locust",
    "geventhttpclient": "locust",
    "werkzeug": "moto",
}
ELSEWHERE = {"opentelemetry", "pytest", "_pytest", "busyhour", "awslambdaric"}
"""Imported only where they are installed already, as pytest's plugin and Locust's --otel are."""


INSTALLED = packages_distributions()


def distributions(lines: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower() for line in lines}


def expanded(extra: str) -> set[str]:
    lines = list(PROJECT["optional-dependencies"][extra])
    found = distributions(lines) - {"busyhour"}
    for line in lines:
        if nested := re.fullmatch(r"busyhour\[(.*)\]", line):
            found |= set().union(*map(expanded, nested[1].split(",")))
    return found


def distribution(module: str) -> str:
    name = BROUGHT_ALONG.get(module) or INSTALLED[module][0]
    return name.lower().replace("_", "-")


def pretend_missing(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    find = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in modules else find(name))


@pytest.mark.parametrize("extra", extras.EXTRAS)
def test_the_table_has_what_the_extra_installs(extra: str) -> None:
    assert {distribution(module) for module in extras.EXTRAS[extra]} == expanded(extra) - {"uvloop"}


def test_all_is_every_extra_and_what_users_asked_for() -> None:
    everything = expanded("all") | distributions(PROJECT["dependencies"])
    assert everything >= NAMED_BY_USERS
    assert everything >= set().union(*map(expanded, extras.EXTRAS))
    assert expanded("dev") >= expanded("all"), "make install has all"


def test_every_package_that_the_engine_imports_is_in_the_base_or_an_extra() -> None:
    known = {*distributions(PROJECT["dependencies"]), *expanded("all")}
    unknown = {}
    for file in (ROOT / "src" / "busyhour").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - ELSEWHERE:
                if distribution(name) not in known:
                    unknown[name] = str(file.relative_to(ROOT))
    assert unknown == {}


def test_a_lacking_extra_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_missing(monkeypatch, "scipy", "moto")
    with pytest.raises(BusyhourError, match=r"scipy is not installed\. .*pip install 'busyhour\[forecast\]'"):
        extras.require("forecast")
    with pytest.raises(
        BusyhourError, match=r"moto, scipy are not installed\. .*'busyhour\[emulator,forecast\]'"
    ):
        extras.require("emulator", "forecast")
    extras.require("report")


def test_an_import_that_fails_is_explained_if_an_extra_has_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend_missing(monkeypatch, "scipy", "somebodys_module")
    explained = extras.explain(ModuleNotFoundError("No module named 'scipy.stats'", name="scipy.stats"))
    assert explained is not None
    assert "'busyhour[forecast]'" in explained.message
    assert extras.explain(ModuleNotFoundError(name="somebodys_module")) is None
    assert extras.explain(ImportError("cannot import name 'x' from 'numpy'", name="numpy")) is None
    assert extras.explain(ImportError()) is None


def test_a_command_without_its_extra_ends_with_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend_missing(monkeypatch, "locust", "gevent")
    with pytest.raises(SystemExit) as ended:
        main(["run", "helpdesk"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "error: gevent, locust are not installed. To use this command: pip install 'busyhour[load]'\n"
    )
