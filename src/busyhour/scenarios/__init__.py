"""Read scenarios from TOML, and make the arrival schedule and the draws of a run. Pure."""
