"""docs/api.md, the page of the public surface, made from the modules of this folder without importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).parent
_SOURCE = _HERE.parents[1]
_PLUGIN = _HERE.parent / "pytest_plugin" / "__init__.py"

_INTRODUCTION = """# What you may import

Made from `busyhour.api` and the pytest plugin by `make generate`.
These names stay what they are within a major version, and a change is in the changelog. Everything else in the package
may change without notice. A test holds the shipped rules, invariants, load tests and examples to these modules.

How to write a rule or an invariant: [contract_tests](../contract_tests/README.md). A load user:
[loadtests](../loadtests/README.md). Tests with the fixtures: [pytest.md](pytest.md).
"""


def page() -> str:
    """The whole page, Markdown."""
    parts = [_INTRODUCTION]
    for path in sorted(_HERE.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts.append(_section(f"busyhour.api.{path.stem}", tree, _exported(tree)))
    plugin = ast.parse(_PLUGIN.read_text(encoding="utf-8"))
    parts.append(_section("busyhour.pytest_plugin", plugin, _exported(plugin)))
    parts.append("Fixtures, which pytest finds without an import:\n\n| fixture | gives |\n|---|---|")
    parts[-1] += "".join(f"\n| `{name}` | {_cell(text)} |" for name, text in _fixtures(plugin)) + "\n"
    return "\n".join(parts)


def _section(title: str, tree: ast.Module, rows: Iterator[tuple[str, str]]) -> str:
    about = _first_line(ast.get_docstring(tree))
    table = "".join(f"\n| `{name}` | {_cell(text)} |" for name, text in sorted(rows))
    return f"## `{title}`\n\n{about}\n\n| name | is |\n|---|---|{table}\n"


def _exported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names in `__all__`, each with the first line of what documents it where it is defined."""
    names = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "__all__"
    )
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for one in node.names:
                if (one.asname or one.name) in names:
                    yield one.asname or one.name, _documentation(node.module, one.name)


def _documentation(module: str, name: str) -> str:
    path = _SOURCE.joinpath(*module.split("."))
    inner = next(filter(Path.is_file, (path / f"{name}.py", path / name / "__init__.py")), None)
    if inner is not None:
        return _first_line(ast.get_docstring(ast.parse(inner.read_text(encoding="utf-8"))))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return _first_line(ast.get_docstring(node))
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(one, ast.Name) and one.id == name for one in targets) and isinstance(
            after, ast.Expr
        ):
            return _first_line(str(ast.literal_eval(after.value)))
    raise LookupError(f"{module}.{name} has no docstring: the page of the public surface needs one")


def _fixtures(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(
            "pytest.fixture" in ast.unparse(one) for one in node.decorator_list
        ):
            yield node.name, _first_line(ast.get_docstring(node))


def _first_line(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
