"""busyhour: load and contract test harness for Amazon Connect deployments."""

__version__ = "0.2.0"
