"""pytest plugin: fixtures and options for a team's own tests. Imports nothing heavy: it loads in every pytest run."""

from __future__ import annotations
