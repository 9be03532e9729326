"""Whole calls through the flow machine: Lambda is driven as Connect would drive it, and no phone rings."""

from busyhour.api.load import WholeCallUser


class WholeCalls(WholeCallUser):
    """One whole call per planned call: prompts, menus, queue and agent as timers, Lambda for real."""
