"""What `busyhour run` does: check the flows, start target and load, read the metrics, compare, decide.

The command line and the pytest plugin are two front doors to `harness.run.execute`.
"""
