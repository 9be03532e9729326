"""Connect's metrics: historical, current, summaries."""
