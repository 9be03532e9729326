"""Traffic of a plan: rates, intervals, contacts, arrival schedules, migration waves."""
