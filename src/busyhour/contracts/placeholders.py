"""What templates write where a value goes in later; tolerated in ARNs, ids and enumerations unless `--strict`."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}|\{\{.*?\}\}|\{[A-Za-z][\w.:-]*\}|<<.*?>>|<[A-Za-z][\w .:-]*>|%[A-Za-z][\w.]*%|\[\[.*?\]\]"
)
"""`${x}`, `{{x}}`, `{X}`, `<<x>>`, `<x>`, `%x%` and `[[x]]`, as seen in published flows."""
