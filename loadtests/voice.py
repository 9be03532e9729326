"""Calls placed with StartOutboundVoiceContact. On a real account every one of them rings a phone."""

from busyhour.api.load import VoiceUser


class Voice(VoiceUser):
    """One StartOutboundVoiceContact per planned call; outcomes by DescribeContact or contact events."""
