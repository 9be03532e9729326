"""Formats of a report: terminal, text, Markdown, HTML, PDF, JSON, OpenMetrics."""
