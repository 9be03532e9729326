"""Service quotas: the table, the sources of applied values, comparison with demand, increase requests."""
