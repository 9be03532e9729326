"""The forecast: what a plan needs of each limit, which limit binds first, and what is rejected."""
