"""Two versions of flows compared by what callers notice."""
