"""AWS's policy for load tests as numbers: the nightly window, time zones of Regions, the price of a voice minute."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WINDOW_OPENS = time(18, 0)
WINDOW_CLOSES = time(6, 0)

REGION_TIME_ZONES = {
    "af-south-1": "Africa/Johannesburg",
    "ap-northeast-1": "Asia/Tokyo",
    "ap-northeast-2": "Asia/Seoul",
    "ap-southeast-1": "Asia/Singapore",
    "ap-southeast-2": "Australia/Sydney",
    "ca-central-1": "America/Toronto",
    "eu-central-1": "Europe/Berlin",
    "eu-west-2": "Europe/London",
    "us-east-1": "America/New_York",
    "us-west-2": "America/Los_Angeles",
    "us-gov-west-1": "America/Los_Angeles",
}
"""Regions that have Connect, with the time zone of the place that AWS names the Region after."""

PRICE_PER_VOICE_MINUTE_USD = 0.038
"""Connect's voice minute on the AWS pricing page as read on 2026-10-07; telephony comes on top."""
PRICE_DATE = "2026-10-07"


def in_window(now: datetime, region: str) -> bool:
    """Whether `now` lies between 18:00 and 06:00 in the Region's own time zone, daylight saving included."""
    local = now.astimezone(ZoneInfo(REGION_TIME_ZONES[region])).time()
    return local >= WINDOW_OPENS or local < WINDOW_CLOSES


def closes_at(now: datetime, region: str) -> datetime:
    """The next 06:00 of the Region's own time after `now`, daylight saving included."""
    zone = ZoneInfo(REGION_TIME_ZONES[region])
    local = now.astimezone(zone)
    day = local.date() if local.time() < WINDOW_CLOSES else local.date() + timedelta(days=1)
    return datetime.combine(day, WINDOW_CLOSES, zone)
