"""The usual way: a Locust user with a boto3 client, one request event per call, no retries."""

from locust import User, task

import time

import boto3
import cpu_of_test  # noqa: F401 - measures by being imported
from botocore.config import Config


class Boto3User(User):
    """Calls in a closed loop."""

    def on_start(self):
        """Make the client."""
        self.client = boto3.client(
            "connect",
            region_name="us-east-1",
            endpoint_url=self.host,
            aws_access_key_id="emulator",
            aws_secret_access_key="emulator",
            config=Config(retries={"total_max_attempts": 1}),
        )

    @task
    def place_call(self):
        """One call, told to Locust."""
        began = time.perf_counter()
        failure = None
        try:
            self.client.start_outbound_voice_contact(
                InstanceId="00000000-0000-4000-8000-000000000000",
                ContactFlowId="0b5f6a1e-3c52-4f0e-9d57-0c7a1e2b3d4f",
                SourcePhoneNumber="+12025550199",
                DestinationPhoneNumber="+12025550123",
            )
        except Exception as error:
            failure = error
        self.environment.events.request.fire(
            request_type="connect",
            name="StartOutboundVoiceContact",
            response_time=(time.perf_counter() - began) * 1000,
            response_length=0,
            exception=failure,
            context={},
        )
