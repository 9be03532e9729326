"""Statistics of comparisons: bootstrap, effects, decisions, change points."""
