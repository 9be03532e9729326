"""What an emulator with --state has at its end, the next one with the same folder has at its start."""

from __future__ import annotations

import io
import json
import time
import zipfile
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config

from busyhour.emulator.app import build
from busyhour.emulator.persistence import FILE, StateFolder
from busyhour.emulator.server import running
from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Function

ROLE = "arn:aws:iam::123456789012:role/r"


class Aws:
    """Clients of one running emulator."""

    def __init__(self, url):
        self._url = url

    def __getattr__(self, service):
        return boto3.client(
            service.replace("_", "-"),
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id="A",
            aws_secret_access_key="s",
            config=Config(retries={"total_max_attempts": 1}),
        )


def zipped(source):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", source)
    return out.getvalue()


def test_tables_and_items_come_back(tmp_path):
    item = {
        "k": {"S": "a"},
        "n": {"N": "1.50"},
        "b": {"B": b"\x00\xff"},
        "bs": {"BS": [b"\x01", b"\x02"]},
        "m": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}, {"B": b"\x03"}]}}},
    }
    with running(build(state_folder=tmp_path)) as url:
        dynamodb = Aws(url).dynamodb
        for name in ("kept", "gone"):
            dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            )
        dynamodb.delete_table(TableName="gone")
        dynamodb.update_table(
            TableName="kept", ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 8}
        )
        dynamodb.put_item(TableName="kept", Item=item)
    with running(build(state_folder=tmp_path)) as url:
        dynamodb = Aws(url).dynamodb
        assert dynamodb.list_tables()["TableNames"] == ["kept"]
        table = dynamodb.describe_table(TableName="kept")["Table"]
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
        assert dynamodb.get_item(TableName="kept", Key={"k": {"S": "a"}})["Item"] == item


def test_functions_with_their_code_versions_and_aliases_come_back(tmp_path):
    functions = [Function("declared", response={"a": "b"})]
    with running(build(state_folder=tmp_path, functions=functions)) as url:
        aws = Aws(url).__getattr__("lambda")
        made = aws.create_function(
            FunctionName="orders",
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": zipped("def handler(e, c): return [1, c.function_version]")},
            Environment={"Variables": {"STAGE": "b"}},
            Publish=True,
        )
        aws.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
        aws.update_function_code(
            FunctionName="orders", ZipFile=zipped("def handler(e, c): return [2, c.function_version]")
        )
        for name in ("orders", "declared"):
            aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    with running(build(state_folder=tmp_path, functions=functions)) as url:
        aws = Aws(url).__getattr__("lambda")
        answers = [
            json.loads(aws.invoke(FunctionName=name)["Payload"].read()) for name in ("orders", "orders:live")
        ]
        assert answers == [[2, "$LATEST"], [1, "1"]]
        assert aws.get_function(FunctionName="orders:1")["Configuration"]["CodeSha256"] == made["CodeSha256"]
        reserved = [
            aws.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
            for name in ("orders", "declared")
        ]
        assert reserved == [5, 5]
        assert aws.publish_version(FunctionName="orders")["Version"] == "2"


def test_approved_increases_stay_and_open_ones_go_on(tmp_path):
    from busyhour.emulator.increase_requests import ApprovalPolicy

    quick = ApprovalPolicy(delay=0.0, case_delay=None)
    with running(build(state_folder=tmp_path, approval=quick)) as url:
        quotas = Aws(url).service_quotas
        asked = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"}
        quotas.request_service_quota_increase(**asked, DesiredValue=2_000)
        quotas.request_service_quota_increase(ServiceCode="connect", QuotaCode="L-4E9BCC96", DesiredValue=100)
        assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 2_000
    with running(build(state_folder=tmp_path, approval=quick)) as url:
        quotas = Aws(url).service_quotas
        assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 2_000
        history = quotas.list_requested_service_quota_change_history()["RequestedQuotas"]
        assert [request["Status"] for request in history] == ["APPROVED", "CASE_OPENED"]


def test_a_snapshot_is_written_from_time_to_time(tmp_path):
    with running(build(state_folder=tmp_path, save_every=0.1)):
        deadline = time.monotonic() + 10
        while not (tmp_path / FILE).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert json.loads((tmp_path / FILE).read_text())["format"] == 1


def test_an_emulator_without_a_folder_says_that_it_keeps_nothing():
    with pytest.raises(BusyhourError, match="keeps no state"):
        build().save()


def part(name="p", restore=lambda data, folder: None):
    return SimpleNamespace(part=name, dump=lambda folder: {"a": 1}, restore=restore)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "cannot be read"), (b"[]", "format"), (b'{"format": 9}', "format"), (b"\xff", "cannot be read")],
)
def test_a_snapshot_that_is_none_is_refused_with_the_folder(tmp_path, content, said):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(BusyhourError, match=said) as caught:
        StateFolder(tmp_path, [part()]).load()
    assert str(tmp_path) in caught.value.message


def test_a_damaged_part_is_named(tmp_path):
    StateFolder(tmp_path, [part("dynamodb")]).save()

    def restore(data, folder):
        raise KeyError("journal")

    with pytest.raises(BusyhourError, match="damaged part 'dynamodb'"):
        StateFolder(tmp_path, [part("dynamodb", restore)]).load()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BusyhourError, match="cannot be written"):
        StateFolder(tmp_path / "file", [part()]).save()


def test_an_empty_folder_has_nothing_to_restore(tmp_path):
    assert not StateFolder(tmp_path / "none", [part()]).load()
