"""Migration waves: the needs of each date, lead times of increases, what is late."""
