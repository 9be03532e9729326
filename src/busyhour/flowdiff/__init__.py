"""Compare two versions of flows by what callers notice."""
