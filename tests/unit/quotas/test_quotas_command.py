"""busyhour quotas, as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner

from busyhour.cli.quotas import command
from busyhour.errors import BusyhourError
from busyhour.quotas import listing

SCHEMA = json.loads(Path(listing.__file__).with_name("quotas.schema.json").read_text())


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=True)
    assert result.exit_code == 0, result.output
    return result.output


def rows(*arguments: str) -> dict[str, Any]:
    data = json.loads(run(*arguments, "--format", "json"))
    jsonschema.validate(data, SCHEMA)
    return {row["key"]: row for row in data["quotas"]}


def test_every_documented_quota_as_json() -> None:
    found = rows()
    assert len(found) == 305
    assert {row["origin"] for row in found.values()} == {"documented default"}


def test_text_shows_value_origin_date_default_and_code() -> None:
    lines = run("--service", "connect").splitlines()
    [line] = [line for line in lines if line.startswith("Concurrent active calls per instance")]
    assert line.split()[5:] == ["10", "10", "count", "L-12AB7C57", "documented", "default", "2026-11-22"]
    assert any("CONFLICT" in line for line in lines)


def test_values_of_a_file_are_labelled(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('"L-12AB7C57" = 500\n')
    found = rows("--source", str(path), "--service", "connect")
    calls = found["connect.concurrent-active-calls-per-instance"]
    assert (calls["value"], calls["origin"], calls["detail"]) == (500, "override", f"{path}:1")
    assert calls["others"][0]["origin"] == "documented default"
    assert found["connect.stop-contact.rate"]["origin"] == "documented default"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--service", "conect"], "Did you mean 'connect'?"),
        (["--source", "nowhere.toml"], "nowhere.toml: cannot be read: No such file or directory."),
        (["--source", "a", "--source", "b"], "--source is given 2 files"),
        (["--instance", "arn:x"], "--instance arn:x has no effect without --source aws."),
        (["--source", "aws", "--instance", "my-instance"], "is not the ARN of a Connect instance"),
    ],
)
def test_bad_input_is_answered_with_the_way_out(arguments: list[str], message: str) -> None:
    with pytest.raises(BusyhourError) as caught:
        run(*arguments)
    assert message in caught.value.message
    assert caught.value.hint


def test_the_least_policy() -> None:
    [statement] = json.loads(run("--iam-policy"))["Statement"]
    assert "servicequotas:GetServiceQuota" in statement["Action"]
    assert not [action for action in statement["Action"] if "Request" in action]
    [statement] = json.loads(run("--iam-policy", "request"))["Statement"]
    assert "servicequotas:RequestServiceQuotaIncrease" in statement["Action"]


def test_help_has_an_example() -> None:
    with click.Context(command) as context:
        assert "Example: busyhour quotas" in command.get_help(context)


def test_documented_values_load_neither_boto3_nor_botocore() -> None:
    code = (
        "import sys; from busyhour.cli.quotas import command\n"
        "command(['--service', 'lambda'], standalone_mode=False)\n"
        "sys.exit(any(name in sys.modules for name in ('boto3', 'botocore', 'locust', 'numpy')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60).returncode
        == 0
    )


def listing(folder: Path, name: str, **values: float) -> Path:
    overrides = folder / f"{name}.toml"
    overrides.write_text("".join(f'"{code.replace("_", "-")}" = {value}\n' for code, value in values.items()))
    path = folder / f"{name}.json"
    path.write_text(run("--source", str(overrides), "--source", "documented", "--format", "json"))
    return path


def test_what_production_has_and_disaster_recovery_lacks_is_named(tmp_path: Path) -> None:
    production = listing(tmp_path, "production", L_12AB7C57=500, L_4E9BCC96=20)
    recovery = listing(tmp_path, "recovery", L_4E9BCC96=30)
    result = CliRunner().invoke(command, ["diff", str(production), str(recovery)])
    assert result.exit_code == 1
    first, second, total = result.output.splitlines()
    assert first.startswith("connect L-12AB7C57 Concurrent active calls per instance: 500 (override")
    assert first.endswith("10 (documented default, 2026-11-22)  less in B")
    assert "20 (override" in second
    assert "less in B" not in second
    assert total == f"2 quotas differ; 1 are lower in {recovery} than in {production}."
    assert CliRunner().invoke(command, ["diff", str(recovery), str(recovery)]).exit_code == 0


def test_only_listings_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text in ('{"quotas": [{"key": "x"}]}', '{"runs": []}'):
        path.write_text(text)
        with pytest.raises(BusyhourError, match="not a listing of quotas"):
            run("diff", str(path), str(path))


def test_a_region_has_its_own_defaults_and_may_lack_connect() -> None:
    assert rows("--region", "us-east-1")["kinesis.shards-per-region"]["value"] == 20_000
    assert "no endpoint of Connect in eu-west-3" in run("--region", "eu-west-3", "--service", "kinesis")
    assert "no endpoint" not in run("--region", "eu-central-1", "--service", "kinesis")
