"""As ours.py; prints at the end of each of Locust's processes how much CPU it used since the test began."""

from locust import events

import json
import os
import time

from busyhour.load.users.locust_users import VoiceUser

_start = {}


@events.test_start.add_listener
def begin(**_):
    """Note the CPU time."""
    _start["cpu"] = time.process_time()


@events.quitting.add_listener
def end(environment, **_):
    """Print the figure."""
    role = type(environment.runner).__name__
    line = {"bench": "process", "role": role, "cpu": time.process_time() - _start.get("cpu", 0.0)}
    os.write(
        1, json.dumps(line).encode() + b"\n"
    )  # at once and whole: several processes write to the same pipe


class Voice(VoiceUser):
    """The fixed server knows no flows and no outcomes; everything else is as in loadtests/voice.py."""

    outcomes_per_second = 0.0

    def flow_id(self):
        """Any id will do."""
        return "0b5f6a1e-3c52-4f0e-9d57-0c7a1e2b3d4f"
