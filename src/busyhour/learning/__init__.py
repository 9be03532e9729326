"""Values of a scenario from what a centre recorded: arrivals, handling times, abandonment, with source and interval."""
