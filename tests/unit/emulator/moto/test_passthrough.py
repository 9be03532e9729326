"""Other services by moto, through the emulator's own HTTP server and a real boto3 client."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.faults.requests import Faults
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.moto.passthrough import MotoRest, url_at_aws
from busyhour.emulator.server.listener import running
from busyhour.emulator.server.router import Router


class Emulator:
    """Nothing but moto behind the server."""

    def __init__(self) -> None:
        from random import Random

        self.rest = MotoRest()
        self.router = Router([], fallback=self.rest, faults=Faults(Random(1)))

    def admin(self, request: Request) -> Response:
        return Response(404)

    async def start(self, url: str) -> None: ...

    async def stop(self) -> None:
        self.rest.close()


@pytest.fixture(scope="module")
def client():
    with running(Emulator()) as url:
        clients = []

        def make(service):
            made = boto3.client(
                service,
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="none",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
            clients.append(made)
            return made

        yield make
        for made in clients:
            made.close()


def test_json_query_and_rest_services_work(client):
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="calls")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "hello"
    topic = client("sns").create_topic(Name="alarms")["TopicArn"]
    assert topic == "arn:aws:sns:us-east-1:123456789012:alarms"
    s3 = client("s3")
    s3.create_bucket(Bucket="recordings")
    s3.put_object(Bucket="recordings", Key="a/b c.wav", Body=b"\x00\x01", Metadata={"contact": "c1"})
    got = s3.get_object(Bucket="recordings", Key="a/b c.wav")
    assert (got["Body"].read(), got["Metadata"]) == (b"\x00\x01", {"contact": "c1"})
    secrets = client("secretsmanager")
    secrets.create_secret(Name="key", SecretString="s")
    assert secrets.get_secret_value(SecretId="key")["SecretString"] == "s"
    assert client("iam").list_users()["Users"] == []


def test_errors_are_those_of_the_service(client):
    with pytest.raises(ClientError) as error:
        client("secretsmanager").get_secret_value(SecretId="none")
    assert error.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(client("s3").exceptions.NoSuchBucket):
        client("s3").list_objects_v2(Bucket="nothing-here")


@pytest.mark.parametrize(
    ("service", "operation"), [("connect", "list_contact_flows"), ("outposts", "list_outposts")]
)
def test_what_moto_does_not_have_is_said_in_words(client, service, operation):
    arguments = {"InstanceId": "1"} if service == "connect" else {}
    with pytest.raises(ClientError) as error:
        getattr(client(service), operation)(**arguments)
    assert error.value.response["Error"]["Code"] == "UnknownOperationException"
    assert "Neither the emulator nor moto serves" in error.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ("sqs", "sqs"),
        ("sagemaker", "api.sagemaker"),
        ("timestream", "ingest.timestream"),
        ("memorydb", "memory-db"),
    ],
)
def test_the_host_at_aws(service, host):
    request = Request("GET", "/a%20b", "x=1", {}, b"", service, "eu-west-1", "AK")
    assert url_at_aws(request) == f"https://{host}.eu-west-1.amazonaws.com/a%20b?x=1"


def test_moto_is_not_imported_before_the_first_request():
    script = "import sys, busyhour.emulator.moto.passthrough as m; m.MotoRest(); print('moto' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_no_client_of_this_process_is_redirected():
    rest = MotoRest()
    body = b"Action=ListTopics&Version=2010-03-31"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    asyncio.run(rest.handle(Request("POST", "/", "", headers, body, "sns", "us-east-1", "AK")))
    rest.close()
    refused = boto3.client(
        "sns",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(Exception, match="Could not connect"):
        refused.list_topics()
    refused.close()
