"""Figures of a run in progress: web page, OpenTelemetry."""
