"""What a run left behind: measures that add up, the record of the run, and the files they are kept in. Pure."""
