"""Exported contact flows: read, resolved, run by a machine that does no I/O, traced. Pure."""
