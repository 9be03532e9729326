"""Service quotas: the table, where applied values come from, the comparison with demand, increase requests."""
