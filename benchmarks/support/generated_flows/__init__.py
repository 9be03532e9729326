"""Generated flows: Hypothesis strategies and mutations."""
