"""Our signatures checked by another implementation: moto's server with authentication switched on."""

import gevent

import json
import urllib.request

import boto3
import pytest
from moto.server import ThreadedMotoServer

from busyhour.load.client.credentials import ChainCredentials, FixedCredentials
from busyhour.load.client.load_client import Client
from busyhour.load.client.operations import Service
from busyhour.load.client.sigv4 import Keys
from busyhour.load.error_classes import Class
from busyhour.load.event_loop import GeventClock
from busyhour.load.recorder import Recorder

REGION = "eu-west-2"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
}
TABLE = {
    "TableName": "customers",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def moto():
    """URL of moto's server, keys of the one user that it knows, keys of a role; from here on requests are authenticated."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"

    def aws(service):
        return boto3.client(
            service, region_name=REGION, endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b"
        )

    iam = aws("iam")
    iam.create_user(UserName="generator")
    iam.put_user_policy(UserName="generator", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    key = iam.create_access_key(UserName="generator")["AccessKey"]
    role = iam.create_role(RoleName="load", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="load", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    assumed = aws("sts").assume_role(RoleArn=role, RoleSessionName="run")["Credentials"]
    aws("dynamodb").create_table(**TABLE)
    ask = urllib.request.Request(
        f"{url}/moto-api/reset-auth", data=b"0", headers={"content-type": "text/plain"}
    )
    urllib.request.urlopen(ask, timeout=5).close()
    temporary = Keys(assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])
    yield url, Keys(key["AccessKeyId"], key["SecretAccessKey"]), temporary
    ask.data = b"inf"
    urllib.request.urlopen(ask, timeout=5).close()
    server.stop()


def answer(url, keys, service, operation, parameters):
    """One request by our client."""
    clock = GeventClock()
    client = Client(url, clock, FixedCredentials(keys))
    client.open()
    try:
        made = Service(service, client, Recorder(), None, REGION).operation(operation, parameters)
        with gevent.Timeout(20):
            return made.call_uncounted(made.sample)
    finally:
        client.close()


ARN = "arn:aws:lambda:eu-west-2:123456789012:function:lookup"
QUERY = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "1"}}}
INSTANCE = {
    "IdentityManagementType": "CONNECT_MANAGED",
    "InboundCallsEnabled": True,
    "OutboundCallsEnabled": True,
}
OPERATIONS = [
    ("dynamodb", "GetItem", {"TableName": "customers", "Key": {"id": {"S": "\u00e4/+ %"}}}, 200),
    ("dynamodb", "PutItem", {"TableName": "customers", "Item": {"id": {"S": "1"}}}, 200),
    ("dynamodb", "Query", {"TableName": "customers", **QUERY}, 200),
    ("lambda", "Invoke", {"FunctionName": "lookup", "Payload": b'{"Details": {}}'}, 404),
    ("lambda", "Invoke", {"FunctionName": ARN, "InvocationType": "Event", "Payload": b"{}"}, 404),
    ("connect", "CreateInstance", {**INSTANCE, "InstanceAlias": "busyhour"}, 200),
]
"""With the status that who may ask gets. Moto's check fails for every request without a body, by whomever it is signed."""


@pytest.mark.parametrize(("service", "operation", "parameters", "status"), OPERATIONS)
def test_a_signature_of_ours_is_accepted(moto, service, operation, parameters, status):
    url, keys, _ = moto
    found = answer(url, keys, service, operation, parameters)
    assert found.status == status, found
    if status == 404:  # let in, and then there is no such function
        assert b"Function not found" in found.body


@pytest.mark.parametrize(("service", "operation", "parameters", "status"), OPERATIONS)
def test_with_a_wrong_secret_it_is_refused(moto, service, operation, parameters, status):
    url, keys, _ = moto
    found = answer(url, Keys(keys.access_key, "x" * 40), service, operation, parameters)
    assert (found.kind, found.status) == (Class.CLIENT_ERROR, 403)
    assert b"SignatureDoesNotMatch" in found.body or b"InvalidSignature" in found.body, found.body


def test_a_key_that_nobody_has_is_refused(moto):
    found = answer(moto[0], Keys("AKIAIOSFODNN7EXAMPLE", "x" * 40), *OPERATIONS[0][:3])
    assert found.kind is Class.CLIENT_ERROR
    assert b"InvalidClientTokenId" in found.body or b"UnrecognizedClient" in found.body, found.body


def test_an_assumed_role_signs_with_its_session_token(moto):
    url, _, assumed = moto
    assert answer(url, assumed, *OPERATIONS[0][:3]).status == 200
    assert (
        answer(url, Keys(assumed.access_key, assumed.secret_key, "another"), *OPERATIONS[0][:3]).status != 200
    )


def test_a_profile_that_assumes_a_role_signs_as_boto3_would(moto, tmp_path, monkeypatch):
    url, keys, _ = moto
    config = tmp_path / "config"
    config.write_text(
        "[profile base]\n"
        f"aws_access_key_id = {keys.access_key}\naws_secret_access_key = {keys.secret_key}\n"
        "[profile load]\n"
        f"role_arn = arn:aws:iam::123456789012:role/load\nsource_profile = base\nregion = {REGION}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assumed = ChainCredentials("load").keys()
    assert assumed.token
    assert assumed.access_key != keys.access_key
    assert answer(url, assumed, *OPERATIONS[0][:3]).status == 200
