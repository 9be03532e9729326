"""Locust's own fast client, sending the same PUT without a signature."""

from locust import task
from locust.contrib.fasthttp import FastHttpUser

import cpu_of_test  # noqa: F401 - measures by being imported


class Fast(FastHttpUser):
    """Calls in a closed loop."""

    @task
    def place_call(self):
        """One call."""
        self.client.put(
            "/contact/outbound-voice",
            json={
                "InstanceId": "00000000-0000-4000-8000-000000000000",
                "ContactFlowId": "0b5f6a1e-3c52-4f0e-9d57-0c7a1e2b3d4f",
                "SourcePhoneNumber": "+12025550199",
                "DestinationPhoneNumber": "+12025550123",
                "ClientToken": "d41d8cd98f00b204e9800998ecf8427e-12345",
            },
        )
