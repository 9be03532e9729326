"""Migration waves: the need of each date, lead times of quota increases, and which increases are late."""
