"""Safety of runs against AWS: the gate, the dry run, conditions that end a run early, the clean-up of contacts."""
