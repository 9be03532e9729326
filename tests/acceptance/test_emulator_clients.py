"""AWS clients against the emulator: boto3 and the AWS CLI start contacts, read quotas and are throttled."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.server.listener import running

FLOWS = Path(__file__).resolve().parents[2] / "examples" / "helpdesk" / "flows"
CALLS = "L-12AB7C57"
DESTINATION, SOURCE = "+12065550100", "+12065550199"


@dataclass
class Running:
    """An emulator that is served, and how to reach it."""

    emulator: Emulator
    url: str

    @property
    def instance(self) -> str:
        return self.emulator.state.account.instance_id

    @property
    def instance_arn(self) -> str:
        return self.emulator.state.account.instance_arn

    def flow(self, name: str = "Helpdesk after hours") -> str:
        found = self.emulator.instance.flow_named(name)
        assert found is not None
        return found.id

    def client(self, service: str, **config: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )

    def start(self, client: Any, **more: Any) -> str:
        asked = {
            "InstanceId": self.instance,
            "ContactFlowId": self.flow(),
            "DestinationPhoneNumber": DESTINATION,
            "SourcePhoneNumber": SOURCE,
        }
        return str(client.start_outbound_voice_contact(**{**asked, **more})["ContactId"])


@contextlib.contextmanager
def emulated(**quotas: float) -> Iterator[Running]:
    emulator = build(
        flows=sorted(FLOWS.glob("*.json")), quotas={k.replace("_", "-"): v for k, v in quotas.items()}
    )
    with running(emulator) as url:
        yield Running(emulator, url)


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.2)


# -------------------------------------------------------------------------------------------------- boto3


def test_boto3_starts_a_contact_sees_it_changes_its_attributes_and_stops_it():
    with emulated() as aws:
        connect = aws.client("connect")
        contact_id = aws.start(connect, Attributes={"order": "17"}, ClientToken="token-1")
        assert aws.start(connect, ClientToken="token-1") == contact_id

        def described() -> dict[str, Any]:
            return dict(connect.describe_contact(InstanceId=aws.instance, ContactId=contact_id)["Contact"])

        assert described()["InitiationMethod"] == "API"
        until(lambda: "ConnectedToSystemTimestamp" in described())
        connect.update_contact_attributes(
            InstanceId=aws.instance, InitialContactId=contact_id, Attributes={"vip": "yes"}
        )
        attributes = connect.get_contact_attributes(InstanceId=aws.instance, InitialContactId=contact_id)
        assert attributes["Attributes"]["vip"] == "yes"
        connect.stop_contact(InstanceId=aws.instance, ContactId=contact_id)
        assert described()["DisconnectReason"] == "OTHER"
        with pytest.raises(connect.exceptions.ContactNotFoundException):
            connect.stop_contact(InstanceId=aws.instance, ContactId=contact_id)


def outcomes(aws: Running, count: int) -> list[tuple[str, int]]:
    """(error code or empty, HTTP status) of `count` starts made as fast as they go."""
    connect = aws.client("connect", max_pool_connections=count)

    def one(_: int) -> tuple[str, int]:
        try:
            aws.start(connect)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        return "", 200

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(count)))


def test_without_retries_boto3_is_throttled_at_two_a_second_with_a_burst_of_five():
    with emulated(L_12AB7C57=100) as aws:
        began = time.monotonic()
        seen = outcomes(aws, 30)
        tokens = 5 + 2 * (time.monotonic() - began)
    accepted = seen.count(("", 200))
    assert 5 <= accepted <= tokens + 1
    assert set(seen) == {("", 200), ("TooManyRequestsException", 429)}


def test_with_the_quotas_raised_the_same_requests_are_all_accepted():
    with emulated(L_4E9BCC96=500, L_12AB7C57=100) as aws:
        assert set(outcomes(aws, 30)) == {("", 200)}


def test_boto3s_default_retries_hide_the_throttle_as_they_do_at_aws():
    with emulated(L_12AB7C57=100) as aws:
        outcomes(aws, 6)
        patient = boto3.client(
            "connect",
            endpoint_url=aws.url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"mode": "standard", "total_max_attempts": 5}),
        )
        assert aws.start(patient)


def test_an_increase_that_is_granted_through_service_quotas_is_enforced():
    with emulated(L_4E9BCC96=500) as aws:
        quotas = aws.client("service-quotas")
        asked = {"ServiceCode": "connect", "QuotaCode": CALLS, "ContextId": aws.instance_arn}
        assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 10
        connect = aws.client("connect")
        started = [aws.start(connect) for _ in range(11)]
        last = connect.describe_contact(InstanceId=aws.instance, ContactId=started[-1])["Contact"]
        assert last["DisconnectReason"] == "TELECOM_PROBLEM"
        aws.emulator.state.limits.set_applied(CALLS, 50)
        assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 50
        next_one = aws.start(connect)
        described = connect.describe_contact(InstanceId=aws.instance, ContactId=next_one)["Contact"]
        assert "DisconnectReason" not in described


def test_cloudwatch_shows_the_calls_that_were_up():
    from datetime import UTC, datetime, timedelta

    with emulated(L_4E9BCC96=500, L_12AB7C57=20) as aws:
        connect = aws.client("connect")
        for _ in range(5):
            aws.start(connect)
        now = datetime.now(UTC)

        def query(name: str, statistic: str) -> dict[str, Any]:
            dimensions = [
                {"Name": "InstanceId", "Value": aws.instance},
                {"Name": "MetricGroup", "Value": "VoiceCalls"},
            ]
            metric = {"Namespace": "AWS/Connect", "MetricName": name, "Dimensions": dimensions}
            return {"Id": name.lower(), "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}

        answer = aws.client("cloudwatch").get_metric_data(
            MetricDataQueries=[
                query("ConcurrentCalls", "Maximum"),
                query("ConcurrentCallsPercentage", "Maximum"),
            ],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=2),
        )
        found = {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}
        assert max(found["concurrentcalls"]) == 5
        assert max(found["concurrentcallspercentage"]) == 0.25


def test_other_services_answer_on_the_same_endpoint():
    with emulated() as aws:
        assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"
        dynamodb = aws.client("dynamodb")
        dynamodb.create_table(
            TableName="tab",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName="tab", Item={"pk": {"S": "1"}})
        assert dynamodb.get_item(TableName="tab", Key={"pk": {"S": "1"}})["Item"] == {"pk": {"S": "1"}}
        queue = aws.client("sqs").create_queue(QueueName="callbacks")
        assert queue["QueueUrl"].endswith("/callbacks")


# ------------------------------------------------------------------------------------------------ AWS CLI

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def aws_cli(need: Callable[[str], str], tmp_path: Path) -> Cli:
    """`aws_cli(running, "connect", ...)` runs the AWS CLI without retries."""
    tool = need("aws")
    try:
        works = (
            subprocess.run([tool, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
        )
    except subprocess.TimeoutExpired:
        works = False
    if not works:
        pytest.skip("aws is on PATH but does not start")

    def run(aws: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": str(tmp_path / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
            "AWS_PAGER": "",
        }
        command = [tool, "--endpoint-url", aws.url, "--output", "json", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=environment, check=False
        )

    return run


def start_arguments(aws: Running) -> list[str]:
    return [
        *("connect", "start-outbound-voice-contact", "--instance-id", aws.instance),
        *("--contact-flow-id", aws.flow(), "--destination-phone-number", DESTINATION),
        *("--source-phone-number", SOURCE, "--attributes", "order=17"),
    ]


def test_the_aws_cli_starts_and_describes_a_contact_and_reads_the_quota(aws_cli: Cli):
    with emulated() as aws:
        started = aws_cli(aws, *start_arguments(aws))
        assert started.returncode == 0, started.stderr
        contact_id = json.loads(started.stdout)["ContactId"]
        place = ["--instance-id", aws.instance, "--contact-id", contact_id]
        described = aws_cli(aws, "connect", "describe-contact", *place)
        assert json.loads(described.stdout)["Contact"]["Id"] == contact_id
        quota = aws_cli(
            aws,
            *("service-quotas", "get-service-quota", "--service-code", "connect", "--quota-code", CALLS),
            *("--context-id", aws.instance_arn),
        )
        assert quota.returncode == 0, quota.stderr
        assert json.loads(quota.stdout)["Quota"]["Value"] == 10.0


def test_the_aws_cli_is_throttled_while_others_use_up_the_rate(aws_cli: Cli):
    with emulated(L_12AB7C57=10_000) as aws, concurrent.futures.ThreadPoolExecutor(1) as pool:
        connect, done = aws.client("connect"), False

        def use_up() -> None:
            while not done:
                with contextlib.suppress(ClientError):
                    aws.start(connect)

        busy = pool.submit(use_up)
        try:
            refused = [aws_cli(aws, *start_arguments(aws)) for _ in range(2)]
        finally:
            done = True
        busy.result()
    # One token in half a second, and a request every few milliseconds: the CLI may be lucky once.
    throttled = [answer for answer in refused if answer.returncode != 0]
    assert throttled
    assert all("TooManyRequestsException" in answer.stderr for answer in throttled)
