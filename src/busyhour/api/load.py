"""Load users: classes of Locust users to subclass in loadtests/. Importing this module imports Locust."""

from busyhour.load.users.locust_users import (
    BlockingCalls,
    CallUser,
    ControlRoomUser,
    LambdaUser,
    TableUser,
    VoiceUser,
    WholeCallUser,
)
from busyhour.scenarios.keys import Recorded, Zipf

__all__ = [
    "BlockingCalls",
    "CallUser",
    "ControlRoomUser",
    "LambdaUser",
    "Recorded",
    "TableUser",
    "VoiceUser",
    "WholeCallUser",
    "Zipf",
]
