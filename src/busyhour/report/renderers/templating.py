"""Jinja environment over the reports' templates: values escaped, an unknown name is an error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.printable import markdown, printable
from busyhour.report import figures

MISSING = "Add it there, or remove the folder: the shipped template is used where a project has none."
"""Way out where a folder lacks a template."""

_FILTERS = {
    **{name: getattr(figures, name) for name in ("number", "share", "milliseconds", "clock")},
    "markdown": lambda text: markdown(str(text)),
}


def _shown(value: Any) -> Any:
    """Return a value of a page: foreign text printable, markup of our own as it is."""
    return printable(value) if type(value) is str else value


def fill(template: str, templates: Sequence[Path], *, autoescape: bool, **values: Any) -> bytes:
    """Render the first `template` found in the folders `templates` with `values`.

    The filters are those of `report.figures`: number, share, milliseconds, clock; and `markdown` for text in Markdown.

    Raises:
        BusyhourError: the template is missing or wrong; names file and line.
    """
    import jinja2
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown if autoescape else None,
    )
    environment.filters |= _FILTERS
    try:
        return environment.get_template(template).render(values).encode()
    except jinja2.TemplateNotFound as error:
        raise BusyhourError(
            f"The template {error.name} is not in {', '.join(map(str, templates))}.",
            MISSING,
        ) from None
    except jinja2.TemplateSyntaxError as error:
        raise BusyhourError(
            f"{error.filename}:{error.lineno}: {error.message}.", "Fix the template."
        ) from None
    except jinja2.exceptions.SecurityError as error:
        raise BusyhourError(
            f"The template {template} uses what templates may not: {error.message}.", "Fix the template."
        ) from None
    except jinja2.UndefinedError as error:
        raise BusyhourError(
            f"The template {template} uses a name that does not exist: {error.message}.",
            f"Fix the template; {template} in the shipped reports/templates shows the names.",
        ) from None
