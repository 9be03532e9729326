"""As ours.py; leaves in the file that BENCH_SLIPS names when every call started (epoch) and its slip, s, as doubles."""

from locust import events

import os
import time
from array import array
from pathlib import Path

from ours import Voice  # noqa: F401 - the user class that Locust drives

from busyhour.load.recorder import Recorder

slips = array("d")
_record = Recorder.call_started


def _noted(self, intended, real):
    slips.append(time.time())
    slips.append(real - intended)
    _record(self, intended, real)


Recorder.call_started = _noted


@events.quitting.add_listener
def write(**_):
    """The run is over."""
    with Path(os.environ["BENCH_SLIPS"]).open("wb") as file:
        slips.tofile(file)
