"""Metrics of runs: by window, of whole runs, as single values."""
