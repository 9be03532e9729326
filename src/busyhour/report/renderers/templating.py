"""Jinja environment over the templates room: values escaped, an unknown name is an error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.report.sections import calls, run

_VIEW = SimpleNamespace(
    **vars(run),
    arrivals=calls.arrivals,
    call_rows=calls.call_rows,
    outcome_lines=calls.outcome_lines,
)
"""What templates know as `view`."""


def fill(template: str, templates: Sequence[Path], *, autoescape: bool, **values: Any) -> bytes:
    """Render the first `template` found in the folders `templates` with `values` and the formatting functions of `view`.

    Raises:
        BusyhourError: the template is missing or wrong; names file and line.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {name: getattr(run, name) for name in ("number", "share", "milliseconds", "clock")}
    try:
        return environment.get_template(template).render(view=_VIEW, **values).encode()
    except jinja2.TemplateNotFound as error:
        raise BusyhourError(
            f"The template {error.name} is not in {', '.join(map(str, templates))}.",
            "Put it there, or leave the folder to us: ours is used where a team has none.",
        ) from None
    except jinja2.TemplateSyntaxError as error:
        raise BusyhourError(
            f"{error.filename}:{error.lineno}: {error.message}.", "Fix the template."
        ) from None
    except jinja2.UndefinedError as error:
        raise BusyhourError(
            f"The template {template} uses a name that does not exist: {error.message}."
        ) from None
