"""Alarms of a scenario: valid templates, thresholds with who set them, and a comparison with those that exist."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from busyhour.capacity.alarms import alarm as alarm_module
from busyhour.capacity.alarms.alarm import INSTANCE, Alarm, alarms
from busyhour.capacity.alarms.existing import compare
from busyhour.capacity.alarms.templates import cloudformation, terraform
from busyhour.scenarios.model import Queue, Scenario
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load(shipped_root() / "scenarios" / "helpdesk.toml", root=shipped_root())


def existing(alarm: Alarm, instance: str = "i-1", **changed: Any) -> dict[str, Any]:
    """An entry of DescribeAlarms that fits an alarm."""
    return {
        "AlarmName": f"theirs {alarm.name}",
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        "Dimensions": [
            {"Name": name, "Value": instance if value == INSTANCE else value}
            for name, value in alarm.dimensions
        ],
        "Statistic": alarm.statistic,
        "Period": alarm.period,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison,
        "ActionsEnabled": True,
        **changed,
    }


def test_every_limit_of_the_scenario_has_its_alarm_and_says_who_set_the_threshold(scenario: Scenario) -> None:
    found = alarms(scenario)
    watched = {
        (one.metric, *(value for name, value in one.dimensions if name not in ("InstanceId", "MetricGroup")))
        for one in found
    }
    assert {
        ("ConcurrentCallsPercentage",),
        ("ThrottledCalls",),
        ("QueueCapacityExceededError", "Support"),
    } <= watched
    assert {("Throttles", "helpdesk-lookup"), ("ReadThrottleEvents", "helpdesk-customers")} <= watched
    assert ("ContactFlowFatalErrors", "Helpdesk main") in watched
    for one in found:
        assert one.description.endswith((f"{alarm_module.AWS}.", f"{alarm_module.OURS}.")), one.description
    percentage = next(one for one in found if one.metric == "ConcurrentCallsPercentage")
    assert (percentage.threshold, percentage.statistic) == (0.8, "Maximum")


def test_the_template_is_valid_cloudformation(scenario: Scenario, tmp_path: Path) -> None:
    file = tmp_path / "alarms.json"
    file.write_text(cloudformation(alarms(scenario)))
    ended = subprocess.run(
        [sys.executable, "-c", "from cfnlint.runner import main; main()", str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_names_are_data_in_both_kinds_of_template(scenario: Scenario) -> None:
    name = 'a "quoted" ${AWS::Region} %{if} \n queue'
    odd = dataclasses.replace(scenario, queues={name: Queue(name, 1), "a quoted": Queue("a quoted", 1)})
    template = json.loads(cloudformation(alarms(odd)))
    values = [
        one["Value"] for each in template["Resources"].values() for one in each["Properties"]["Dimensions"]
    ]
    assert values.count(name) == 2
    assert all(re.fullmatch("[A-Za-z0-9]+", identity) for identity in template["Resources"])
    assert len(template["Resources"]) == len(alarms(odd))
    text = terraform(alarms(odd))
    assert "$${AWS::Region} %%{if} \\n queue" in text
    assert 'a "quoted"' not in text
    assert len(set(re.findall(r'^resource "\S+" "(\w+)"', text, re.MULTILINE))) == len(alarms(odd))


def test_alarms_that_exist_under_any_name_are_present(scenario: Scenario) -> None:
    wanted = alarms(scenario)
    found = compare(wanted, [existing(one) for one in wanted], "i-1")
    assert {one.state for one in found} == {"present"}
    earlier = [existing(one, Threshold=one.threshold / 2) for one in wanted]
    assert {one.state for one in compare(wanted, earlier, "i-1")} == {"present"}


def test_alarms_of_another_instance_do_not_count(scenario: Scenario) -> None:
    wanted = alarms(scenario)
    found = compare(wanted, [existing(one, "i-2") for one in wanted], "i-1")
    missing = {one.alarm.namespace for one in found if one.state == "missing"}
    assert missing == {"AWS/Connect"}
    assert {one.state for one in compare(wanted, [], "i-1")} == {"missing"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Threshold": 0.95}, "threshold 0.95, above 0.8"),
        ({"Threshold": None}, "no threshold"),
        ({"Statistic": "Average"}, "statistic Average, not Maximum"),
        ({"ComparisonOperator": "LessThanThreshold"}, "comparison LessThanThreshold"),
        ({"ActionsEnabled": False}, "its actions are disabled"),
    ],
)
def test_an_alarm_that_watches_the_wrong_value_is_named(
    scenario: Scenario, changed: dict[str, Any], said: str
) -> None:
    wanted = [one for one in alarms(scenario) if one.metric == "ConcurrentCallsPercentage"]
    (found,) = compare(wanted, [existing(wanted[0], **changed)], "i-1")
    assert found.state == "wrong"
    assert said in found.detail
    (good,) = compare(wanted, [existing(wanted[0], **changed), existing(wanted[0])], "i-1")
    assert good.state == "present"
