"""Master and workers of a run: schedule, event loop, recording, aggregation."""
