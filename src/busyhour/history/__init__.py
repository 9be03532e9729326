"""Store of nightly runs, trends of their metrics, and change points."""
