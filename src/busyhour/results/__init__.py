"""Results of a run: measures that can be summed, the run record, and their files. Pure."""
