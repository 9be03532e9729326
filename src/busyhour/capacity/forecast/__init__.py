"""Forecast: the need of a plan on each limit, the order in which limits bind, and what is rejected."""
