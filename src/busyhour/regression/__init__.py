"""Compare a run with earlier runs: metrics, statistics, verdicts."""
