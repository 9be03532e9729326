"""Service quotas: the table, the sources of applied values, the comparison with demand, increase requests."""
