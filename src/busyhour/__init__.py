"""busyhour: load and contract test harness for Amazon Connect deployments."""

__version__ = "0.1.0"
