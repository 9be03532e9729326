"""A team's real Python Lambda handlers, run in a process of their own where nothing of AWS can be reached."""
