"""Clients and the order of sources; nothing here makes a request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.target import Target
from busyhour.quotas.aws.clients import clients, iam_policy, read_only_sources, required_actions
from busyhour.quotas.model import Origin
from busyhour.quotas.resolve import DocumentedDefault

TARGET = Target("emulator", "http://127.0.0.1:1", "eu-west-2", "123456789012", "i", "arn")
ARN = "arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555"


def test_sources_are_in_order_strongest_first() -> None:
    made = clients("eu-central-1", "http://127.0.0.1:1")
    override = DocumentedDefault()
    override.origin = Origin.OVERRIDE  # type: ignore[misc]  # stands for a file of overrides
    origins = [source.origin for source in read_only_sources(made, ARN, override)]
    of_files = {Origin.FILE, Origin.EMULATOR}  # values known before any request
    assert list(dict.fromkeys(origins)) == [origin for origin in Origin if origin not in of_files]


def test_without_an_instance_no_request_names_one() -> None:
    origins = {source.origin for source in read_only_sources(clients("eu-central-1"), None)}
    assert not origins & {Origin.APPLIED_RESOURCE, Origin.CLOUDWATCH, Origin.OVERRIDE}


def test_a_region_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path_factory.mktemp("aws") / "config"))
    with pytest.raises(BusyhourError, match="No AWS Region"):
        clients(None)
    assert clients("eu-west-2").region == "eu-west-2"


def test_an_endpoint_that_is_no_url_is_refused() -> None:
    with pytest.raises(BusyhourError, match="--endpoint-url 'localhost'"):
        clients("eu-west-2", "localhost")


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("AWS_CA_BUNDLE", "", "Invalid CA bundle"),
        ("AWS_CA_BUNDLE", " ", "Invalid CA bundle"),
        ("AWS_PROFILE", "nosuch", "nosuch"),
        ("AWS_PROFILE", "", "profile"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "nosuch", "nosuch"),
        ("AWS_CONFIG_FILE", "BROKEN", "broken"),
        ("AWS_SHARED_CREDENTIALS_FILE", "BROKEN", "broken"),
    ],
)
@pytest.mark.parametrize(
    "make", [lambda: clients("eu-west-2", "http://127.0.0.1:1"), lambda: TARGET.client("sts")]
)
def test_an_aws_configuration_that_cannot_be_used_is_bad_input(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    value: str,
    named: str,
    make: Callable[[], object],
) -> None:
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the profile of its first use
    broken = tmp_path / "broken"
    broken.write_text("[default\nx")
    monkeypatch.setenv(variable, str(broken) if value == "BROKEN" else value)
    with pytest.raises(BusyhourError, match=f"AWS configuration cannot be used: .*{named}") as raised:
        make()
    assert raised.value.exit_code is ExitCode.BAD_INPUT


def test_the_least_policy_only_reads() -> None:
    actions = required_actions()
    assert "servicequotas:GetServiceQuota" in actions
    assert all(action.partition(":")[2].startswith(("Get", "List", "Describe")) for action in actions)
    [statement] = iam_policy(actions)["Statement"]
    assert statement["Action"] == actions
