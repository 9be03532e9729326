"""A small evaluator for the formulas of rules.csv: arithmetic over named figures."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from busyhour.errors import BusyhourError, did_you_mean

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"max": max, "min": min, "ceil": math.ceil}


class Formula:
    """A parsed formula: `+ - * /`, parentheses, numbers, names, and max, min, ceil.

    Args:
        text: the formula.

    Raises:
        BusyhourError: it is not a valid formula; the message has the column.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._tree = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise BusyhourError(
                f"Formula {text!r}, column {error.offset or len(text)}: {error.msg}.",
                f"Use + - * /, numbers, names, and {', '.join(_FUNCTIONS)}.",
            ) from None
        self.names = frozenset(self._names(self._tree))
        """Names of the figures that it needs."""

    def __call__(self, figures: Mapping[str, float]) -> float:
        """Compute the formula's value.

        Raises:
            BusyhourError: a figure is missing, or the formula divides by 0.
        """
        try:
            return float(self._value(self._tree, figures))
        except KeyError as error:
            raise BusyhourError(
                f"Formula {self.text!r} needs {error.args[0]!r}, which is not known."
                f"{did_you_mean(str(error.args[0]), figures)}",
                f"Give usage.{error.args[0]} in the scenario, or correct the formula of the quota.",
            ) from None
        except ZeroDivisionError:
            zero = ", ".join(sorted(name for name in self.names if figures.get(name) == 0))
            raise BusyhourError(
                f"Formula {self.text!r} divides by 0{f': {zero} is 0' if zero else ''}.",
                "Give the figure another value in [usage] of the scenario, or correct the formula of the quota.",
            ) from None

    def shown(self, figures: Mapping[str, float]) -> str:
        """Return the formula with its figures in place of names, for a calculation that readers can check."""

        class Figures(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.AST:
                return node if node.id in _FUNCTIONS else ast.Constant(float(f"{figures[node.id]:.4g}"))

        copy = ast.parse(self.text, mode="eval").body
        return (
            ast.unparse(ast.fix_missing_locations(Figures().visit(copy)))
            .replace(".0 ", " ")
            .removesuffix(".0")
        )

    def _names(self, node: ast.expr) -> set[str]:
        match node:
            case ast.Constant(value=int() | float()):
                return set()
            case ast.Name(id=name):
                return {name}
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return self._names(left) | self._names(right)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if (
                name in _FUNCTIONS and arguments
            ):
                return set().union(*map(self._names, arguments))
            case _:
                raise BusyhourError(
                    f"Formula {self.text!r}, column {node.col_offset + 1}: {ast.unparse(node)!r} is not allowed.",
                    f"Use + - * /, numbers, names, and {', '.join(_FUNCTIONS)}.",
                )

    def _value(self, node: ast.expr, figures: Mapping[str, float]) -> float:
        match node:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.Name(id=name):
                return figures[name]
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](self._value(left, figures), self._value(right, figures))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return _FUNCTIONS[name](*(self._value(argument, figures) for argument in arguments))
            case _:
                raise AssertionError(f"{ast.dump(node)} got past the check")
