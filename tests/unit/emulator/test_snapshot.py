"""What an emulator with --state has at its end, the next one with the same folder has at its start."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import time
import zipfile
from pathlib import Path
from random import Random
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from busyhour.emulator.account import Account
from busyhour.emulator.app import build
from busyhour.emulator.server.listener import running
from busyhour.emulator.snapshot import FILE, StateFolder
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
    from busyhour.emulator.service_quotas.increases import ApprovalPolicy

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


# ------------------------------------------------------------------------------- what goes wrong, loses nothing


def kept_folder(path):
    """A folder with something of every service in it; gives the bytes of its snapshot."""
    with running(build(state_folder=path)) as url:
        aws = Aws(url)
        aws.dynamodb.create_table(
            TableName="kept",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        aws.dynamodb.put_item(TableName="kept", Item={"k": {"S": "a"}})
        aws.__getattr__("lambda").create_function(
            FunctionName="kept",
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": zipped("def handler(e, c): return 1")},
        )
        aws.service_quotas.request_service_quota_increase(
            ServiceCode="lambda", QuotaCode="L-B99A9384", DesiredValue=2_000
        )
    return (path / FILE).read_bytes()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A snapshot, and the folder with the code packages that it names."""
    path = tmp_path_factory.mktemp("kept")
    document = json.loads(kept_folder(path))
    del document["sha256"]  # else that alone would say what is wrong
    return document, path


def in_folder(path, snapshot):
    document, original = snapshot
    (path / "packages").mkdir()
    for package in (original / "packages").iterdir():
        (path / "packages" / package.name).write_bytes(package.read_bytes())
    (path / FILE).write_text(json.dumps(document))


def started(path, **options):
    with running(build(state_folder=path, **options)):
        pass


@pytest.mark.parametrize("part", ["quotas", "connect", "lambda", "dynamodb"])
def test_a_start_that_fails_leaves_what_was_saved(tmp_path, snapshot, part):
    document, _ = snapshot
    assert part in document["parts"]
    damaged = {**document, "parts": {**document["parts"], part: [["broken"]]}}
    in_folder(tmp_path, (damaged, snapshot[1]))
    text = json.dumps(damaged)
    with pytest.raises(BusyhourError, match=f"damaged part '{part}'") as caught:
        started(tmp_path)
    assert "left as it is" in caught.value.message
    assert (tmp_path / FILE).read_text() == text


def test_two_emulators_do_not_keep_their_state_in_one_folder(tmp_path):
    with running(build(state_folder=tmp_path)):
        with pytest.raises(BusyhourError, match="another emulator keeps its state there, process"):
            started(tmp_path)
        assert not (tmp_path / FILE).exists()
    started(tmp_path)
    assert (tmp_path / FILE).exists()


def test_state_is_of_one_account_and_region(tmp_path):
    started(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(BusyhourError, match="is of Region us-east-1, and this emulator is Region eu-west-2"):
        started(tmp_path, account=Account(region="eu-west-2"))
    assert (tmp_path / FILE).read_bytes() == before


def test_a_snapshot_from_before_the_writer_was_named_is_taken_up(tmp_path, snapshot):
    document, original = snapshot
    in_folder(tmp_path, ({key: document[key] for key in ("format", "parts")}, original))
    with running(build(state_folder=tmp_path)) as url:
        assert Aws(url).dynamodb.list_tables()["TableNames"] == ["kept"]


def test_one_changed_character_is_noticed(tmp_path):
    text = kept_folder(tmp_path).decode()
    (tmp_path / FILE).write_text(text.replace('{"S":"a"}', '{"S":"b"}'))
    with pytest.raises(BusyhourError, match="has changed since it was written"):
        started(tmp_path)
    (tmp_path / FILE).write_text(text)
    started(tmp_path)


@pytest.mark.parametrize("layout", [0, 2, "1", None])
def test_a_snapshot_of_another_layout_is_refused_and_kept(tmp_path, layout):
    text = json.dumps({"format": layout, "parts": {}})
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BusyhourError, match=f"not of format 1, which this busyhour has, but {layout!r}"):
        started(tmp_path)
    assert (tmp_path / FILE).read_text() == text


def test_a_code_package_that_was_torn_is_named(tmp_path, snapshot):
    in_folder(tmp_path, snapshot)
    [package] = (tmp_path / "packages").iterdir()
    package.write_bytes(package.read_bytes()[:50])
    with pytest.raises(BusyhourError, match="is not the code package of its name") as caught:
        started(tmp_path)
    assert package.name in caught.value.message


@pytest.mark.parametrize("step", ["dump", "write", "replace"])
def test_a_snapshot_that_is_interrupted_leaves_the_one_before(tmp_path, monkeypatch, step):
    value = {"n": 1}

    def dump(folder):
        if step == "dump" and value["n"] == 2:
            raise KeyboardInterrupt
        return dict(value)

    folder = StateFolder(tmp_path, [SimpleNamespace(part="p", dump=dump, restore=None)])
    folder.save()

    def interrupted(*args):
        raise KeyboardInterrupt

    value["n"] = 2
    if step == "write":
        monkeypatch.setattr("os.fsync", interrupted)
    elif step == "replace":
        monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.save()
    monkeypatch.undo()
    restored = []
    taken = SimpleNamespace(part="p", dump=None, restore=lambda data, folder: restored.append(data))
    assert StateFolder(tmp_path, [taken]).load()
    assert restored == [{"n": 1}]


def places(value, path=()):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


@pytest.mark.parametrize("examples", [15, pytest.param(400, marks=pytest.mark.slow)])
def test_whatever_is_wrong_with_a_snapshot_is_said_and_never_a_traceback(
    tmp_path_factory, snapshot, examples
):
    document, original = snapshot
    found = list(places(document))
    wrong = st.sampled_from([None, "x", -1, 1.5, [], {}, ["x"], {"x": "y"}, True, "\x00", "9" * 400])

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(found), wrong, st.booleans())
    def damage(path, value, missing):
        copy = json.loads(json.dumps(document))
        holder = copy
        for step in path[:-1]:
            holder = holder[step]
        if missing:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value
        folder = tmp_path_factory.mktemp("damaged")
        in_folder(folder, (copy, original))
        emulator = build(state_folder=folder)
        with contextlib.suppress(BusyhourError):
            emulator.folder.load()
        asyncio.run(emulator.stop())

    damage()


def bitten(data, random):
    """The file as a disk gives it back that lost some of it."""
    begin = random.randrange(len(data))
    return data[:begin] + bytes(random.randrange(1, 200)) + data[begin + 200 :]


@pytest.mark.parametrize("number", range(3))
def test_a_file_with_a_hole_in_it_is_refused(tmp_path, snapshot, number):
    damaged = bitten(json.dumps(snapshot[0]).encode(), Random(number))
    (tmp_path / FILE).write_bytes(damaged)
    with pytest.raises(BusyhourError, match="cannot be read"):
        started(tmp_path)
    assert (tmp_path / FILE).read_bytes() == damaged
