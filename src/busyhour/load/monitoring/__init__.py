"""Figures of a run while it goes on: web page, OpenTelemetry."""
