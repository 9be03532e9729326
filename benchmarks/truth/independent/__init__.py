"""A second model of the same plans, written afresh: it imports nothing of busyhour and is fed with numbers alone."""
