"""Dashboards and agents' desktops that poll Connect's metric and contact APIs; beside voice, or alone."""

from busyhour.api.load import ControlRoomUser


class Dashboards(ControlRoomUser):
    """Four dashboards every 15 s; each contact's attributes and data are read once by a desktop."""
