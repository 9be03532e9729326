"""A team's real Python Lambda handlers, run in a process of their own without access to AWS."""
