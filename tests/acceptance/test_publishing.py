"""The emulator refuses to publish what Connect would: InvalidContactFlowException with the problems."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from busyhour.shipped import shipped_root

ROOT = shipped_root()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[tuple[Any, str]]:
    ready = tmp_path / "ready.json"
    command = [
        sys.executable,
        "-m",
        "busyhour",
        "emulator",
        "--flows",
        "examples/helpdesk/flows",
        "--port",
        "0",
        "--ready-file",
        str(ready),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        facts = json.loads(ready.read_text())
        yield (
            boto3.client(
                "connect",
                endpoint_url=facts["url"],
                region_name=facts["region"],
                aws_access_key_id="x",
                aws_secret_access_key="x",
            ),
            facts["instance_id"],
        )
    finally:
        process.terminate()
        process.wait(30)


def test_a_flow_is_judged_by_the_contracts_when_it_is_published(connect: tuple[Any, str]) -> None:
    client, instance = connect
    flow = json.loads((ROOT / "examples" / "helpdesk" / "flows" / "helpdesk-after-hours.json").read_text())
    made = client.create_contact_flow(
        InstanceId=instance, Name="after", Type="CONTACT_FLOW", Content=json.dumps(flow)
    )
    described = client.describe_contact_flow(InstanceId=instance, ContactFlowId=made["ContactFlowId"])
    assert json.loads(described["ContactFlow"]["Content"]) == flow
    flow["Actions"][0]["Parameters"]["Volume"] = "11"
    with pytest.raises(client.exceptions.InvalidContactFlowException) as refused:
        client.create_contact_flow(
            InstanceId=instance, Name="loud", Type="CONTACT_FLOW", Content=json.dumps(flow)
        )
    messages = [problem["message"] for problem in refused.value.response["problems"]]
    assert any("Volume" in message for message in messages), messages
    draft = client.create_contact_flow(
        InstanceId=instance, Name="draft", Type="CONTACT_FLOW", Content=json.dumps(flow), Status="SAVED"
    )
    assert draft["ContactFlowId"]


@pytest.mark.parametrize(
    ("options", "lenient"),
    [
        (["--flows", "examples/helpdesk/flows"], False),
        (["--flows", "examples/helpdesk/flows", "--lenient-references"], True),
        (["--scenario", "helpdesk"], True),
        (["--scenario", "helpdesk", "--strict-references"], False),
    ],
)
def test_whether_references_are_looked_up_is_named_on_start(
    tmp_path: Path, options: list[str], lenient: bool
) -> None:
    ready, said = tmp_path / "ready.json", tmp_path / "stderr"
    command = [
        sys.executable,
        "-m",
        "busyhour",
        "emulator",
        "--port",
        "0",
        "--ready-file",
        str(ready),
        *options,
    ]
    with said.open("w") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr)
        try:
            deadline = time.monotonic() + 60
            while not ready.exists():
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            facts = json.loads(ready.read_text())
        finally:
            process.terminate()
            process.wait(30)
    assert facts["references"] == ("not looked up" if lenient else "looked up")
    assert ("lenient:" in said.read_text()) == lenient
