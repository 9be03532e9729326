"""Is tonight's run worse than those before? Runs as data that add up, the statistics, the history, flows by meaning."""
