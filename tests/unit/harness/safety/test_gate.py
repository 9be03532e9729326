"""The safety gate lets a run through only where every sentence of AWS's policy is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.safety.approval import Approval, approval_of, read_approval
from busyhour.harness.safety.gate import Intent, clear, recheck, refusals
from busyhour.load.safety.policy import in_window
from busyhour.scenarios.model import DriveKind, Scenario
from busyhour.scenarios.traffic_plan.plan import with_traffic

INTENT = Intent(calls=100, peak_concurrent=5.0, minutes=50.0)
NIGHT = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)  # 22:00 in New York
APPROVAL = Approval(
    id="LT-1",
    account="123456789012",
    region="us-east-1",
    instance="11111111-2222-3333-4444-555555555555",
    not_before=datetime(2026, 12, 1, tzinfo=UTC),
    not_after=datetime(2026, 12, 3, tzinfo=UTC),
    emergency_contact="+1 555 555 0199",
    max_calls=500,
    max_concurrent=10,
    path=Path("approval.toml"),
)
RECORD = """
id = "LT-1"
account = "123456789012"
region = "us-east-1"
instance = "i"
not_before = 2026-12-01T00:00:00Z
not_after = 2026-12-03T00:00:00Z
emergency_contact = "+1 555 555 0199"
max_calls = 500
max_concurrent = 10
"""


def reasons(
    scenario: Scenario, intent: Intent = INTENT, approval: Approval | None = APPROVAL, now: datetime = NIGHT
) -> str:
    return "\n".join(refusal.reason for refusal in refusals(scenario, intent, approval, now))


def test_an_approved_run_at_night_may_start(scenario: Scenario) -> None:
    assert reasons(scenario) == ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"account": ""}, "names no account", id="no account"),
        pytest.param({"instance": ""}, "names no instance", id="no instance"),
        pytest.param({"region": "us-east-9"}, "Did you mean 'us-east-1'?", id="no such Region"),
        pytest.param({"destinations": ()}, "allows no destination", id="no destination"),
        pytest.param({"max_calls": None}, "sets no max_calls", id="no cap on calls"),
        pytest.param({"max_concurrent": 4}, "needs 5 where", id="over the cap on concurrency"),
        pytest.param({"max_cost_usd": 1.0}, "caps max_cost_usd at 1.0", id="over the cap on cost"),
        pytest.param(
            {"account": "210987654321"},
            "approves account '123456789012', not '210987654321'",
            id="other account",
        ),
    ],
)
def test_each_missing_or_broken_cap_is_refused(
    scenario: Scenario, change: dict[str, object], expected: str
) -> None:
    assert expected in reasons(replace(scenario, aws=replace(scenario.aws, **change)))  # type: ignore[arg-type]  # table of changes


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"max_calls": 50}, "approves 50", id="more calls than approved"),
        pytest.param({"max_concurrent": 3}, "approves 3", id="more at once than approved"),
        pytest.param({"emergency_contact": " "}, "names no emergency contact", id="no emergency contact"),
        pytest.param(
            {"not_after": datetime(2026, 12, 1, 12, tzinfo=UTC)}, "is good from", id="approval is over"
        ),
    ],
)
def test_the_approval_must_cover_the_run(
    scenario: Scenario, change: dict[str, object], expected: str
) -> None:
    assert expected in reasons(scenario, approval=replace(APPROVAL, **change))  # type: ignore[arg-type]  # table of changes


def test_without_an_approval_no_phone_rings(scenario: Scenario) -> None:
    assert "names no approval record" in reasons(scenario, approval=None)
    for drive in DriveKind:
        assert "names no approval record" in reasons(replace(scenario, drive=drive), approval=None)


@pytest.mark.parametrize("drive", [DriveKind.LAMBDA, DriveKind.DYNAMODB, DriveKind.BACKEND])
def test_functions_and_tables_need_a_persons_approval_and_not_aws_s(
    scenario: Scenario, drive: DriveKind
) -> None:
    alone = replace(scenario, drive=drive)
    own = replace(APPROVAL, instance="", drive=drive.value)
    by_day = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)
    assert reasons(alone, approval=own, now=by_day) == "", "AWS's window is for calls"
    assert f"approves drive 'voice', not '{drive.value}'" in reasons(alone)
    assert "approves drive" in reasons(scenario, approval=own)
    assert "names no person who approved it" in reasons(alone, approval=replace(own, emergency_contact=" "))
    assert "the run goes on until" in reasons(alone, approval=own, now=own.not_after - timedelta(minutes=59))
    assert reasons(alone, approval=own, now=own.not_after - timedelta(minutes=61)) == ""


@pytest.mark.parametrize(
    ("utc", "region", "allowed"),
    [
        pytest.param("2026-07-01T21:59:00", "us-east-1", False, id="17:59 in summer"),
        pytest.param("2026-07-01T22:00:00", "us-east-1", True, id="18:00 in summer"),
        pytest.param("2026-12-01T22:00:00", "us-east-1", False, id="17:00 in winter"),
        pytest.param("2026-12-01T10:59:00", "us-east-1", True, id="05:59 in winter"),
        pytest.param("2026-12-01T11:00:00", "us-east-1", False, id="06:00 in winter"),
        pytest.param("2026-12-01T09:00:00", "ap-northeast-1", True, id="18:00 in Tokyo"),
    ],
)
def test_the_window_is_the_regions_own_night(utc: str, region: str, allowed: bool) -> None:
    assert in_window(datetime.fromisoformat(utc).replace(tzinfo=UTC), region) is allowed


def test_by_day_it_is_refused(scenario: Scenario) -> None:
    assert "It is 10:00 in us-east-1" in reasons(scenario, now=datetime(2026, 12, 2, 15, 0, tzinfo=UTC))


@pytest.mark.parametrize("calls", [1, 10_000_000])
def test_a_record_may_approve_from_one_call_to_ten_million(tmp_path: Path, calls: int) -> None:
    path = tmp_path / "approval.toml"
    path.write_text(RECORD.replace("max_calls = 500", f"max_calls = {calls}"))
    assert read_approval(path).max_calls == calls


def test_a_complete_record_is_read(tmp_path: Path) -> None:
    path = tmp_path / "approval.toml"
    path.write_text(RECORD)
    assert read_approval(path).max_calls == 500


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param('id = "LT-1"\n', "", "id is missing", id="missing key"),
        pytest.param(
            "max_calls = 500",
            "max_cals = 500",
            "unknown key 'max_cals'. Did you mean 'max_calls'?",
            id="unknown key",
        ),
        pytest.param(
            "2026-12-01T00:00:00Z", "2026-12-01T00:00:00", "a date and time with an offset", id="no time zone"
        ),
        pytest.param("max_calls = 500", 'max_calls = "500"', "it must be int", id="wrong type"),
        pytest.param("max_calls = 500", "max_calls =", "is not TOML", id="not TOML"),
    ],
)
def test_a_broken_record_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "approval.toml"
    path.write_text(RECORD.replace(old, new))
    with pytest.raises(BusyhourError) as caught:
        read_approval(path)
    assert expected in caught.value.message
    assert str(path) in caught.value.message


def test_a_missing_record_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError, match="cannot be read"):
        read_approval(tmp_path / "none.toml")


def test_a_run_that_would_go_on_after_six_is_refused_at_the_start(scenario: Scenario) -> None:
    late = datetime(2026, 12, 2, 10, 30, tzinfo=UTC)  # 05:30 in New York, and the run takes an hour
    assert "the run goes on until 06:30 in us-east-1" in reasons(scenario, now=late)
    assert reasons(scenario, now=datetime(2026, 12, 2, 9, 30, tzinfo=UTC)) == ""


def test_a_run_that_would_outlast_the_approval_is_refused_at_the_start(scenario: Scenario) -> None:
    short = replace(APPROVAL, not_after=datetime(2026, 12, 2, 3, 45, tzinfo=UTC))
    assert "the run goes on until" in reasons(scenario, approval=short)


def test_a_run_that_passes_may_go_on_until_the_window_closes(scenario: Scenario) -> None:
    clearance = clear(scenario, INTENT, APPROVAL, NIGHT)
    assert clearance.until == datetime(2026, 12, 2, 11, 0, tzinfo=UTC)  # 06:00 in New York
    assert recheck(clearance, scenario, NIGHT + timedelta(hours=1)) == 7 * 3600


def test_an_approval_that_ends_earlier_ends_it_earlier(scenario: Scenario) -> None:
    ends = NIGHT + timedelta(hours=2)
    assert clear(scenario, INTENT, replace(APPROVAL, not_after=ends), NIGHT).until == ends


def test_what_the_gate_refuses_gets_every_reason_and_no_clearance(scenario: Scenario) -> None:
    wrong = replace(scenario, aws=replace(scenario.aws, destinations=(), max_calls=None))
    with pytest.raises(BusyhourError, match=r"(?s)sets no max_calls.*allows no destination") as caught:
        clear(wrong, INTENT, APPROVAL, NIGHT)
    assert caught.value.exit_code is ExitCode.REFUSED


def test_a_clearance_is_for_one_plan_and_its_time(scenario: Scenario) -> None:
    clearance = clear(scenario, INTENT, APPROVAL, NIGHT)
    more = with_traffic(scenario, replace(scenario.traffic, growth=2.0))
    for other, when, why in (
        (more, NIGHT, "has not passed"),
        (scenario, clearance.until, "ended at 2026-12-02T06:00:00-05:00"),
    ):
        with pytest.raises(BusyhourError, match=why) as caught:
            recheck(clearance, other, when)
        assert caught.value.exit_code is ExitCode.REFUSED
    with pytest.raises(BusyhourError, match="has not passed"):
        recheck(None, scenario, NIGHT)


def test_what_a_run_costs_is_its_minutes_at_the_price_of_one() -> None:
    assert Intent(calls=1, peak_concurrent=1.0, minutes=1_000.0).cost_usd == pytest.approx(38.0)


def test_a_run_without_calls_may_go_on_for_its_length_and_a_quarter_of_an_hour(scenario: Scenario) -> None:
    traffic = replace(scenario.traffic, duration=100.0, drain=40.0)
    alone = with_traffic(replace(scenario, drive=DriveKind.LAMBDA), traffic)
    by_day = datetime(2026, 12, 2, 17, 0, tzinfo=UTC)
    own = replace(APPROVAL, instance="", drive="lambda")
    clearance = clear(alone, INTENT, own, by_day)
    assert clearance.until == by_day + timedelta(seconds=140, minutes=15)
    assert recheck(clearance, alone, by_day) == 140 + 15 * 60
    soon = by_day + timedelta(minutes=5)
    assert clear(alone, INTENT, replace(own, not_after=soon), by_day).until == soon


@pytest.mark.parametrize(
    ("drive", "without", "unnamed"),
    [
        (DriveKind.VOICE, "AWS approves load tests in writing", "AWS must be able to reach a person"),
        (
            DriveKind.LAMBDA,
            "Have the person who answers for the account",
            "Write the person's name as approved_by",
        ),
    ],
)
def test_the_way_out_is_that_of_calls_or_of_functions(
    scenario: Scenario, drive: DriveKind, without: str, unnamed: str
) -> None:
    planned = replace(scenario, drive=drive)
    (refusal,) = refusals(planned, INTENT, None, NIGHT)
    assert refusal.way_out.startswith(without)
    unnamed_record = replace(APPROVAL, drive=drive.value, emergency_contact="")
    (refusal,) = refusals(planned, INTENT, unnamed_record, NIGHT)
    assert refusal.way_out.startswith(unnamed)


def test_a_scenario_s_record_is_read_for_its_kind_of_load(scenario: Scenario, tmp_path: Path) -> None:
    assert approval_of(scenario) is None
    path = tmp_path / "approval.toml"
    path.write_text(RECORD)
    planned = replace(scenario, aws=replace(scenario.aws, approval=path))
    found = approval_of(planned)
    assert found is not None
    assert (found.id, found.drive) == ("LT-1", "voice")
    with pytest.raises(BusyhourError, match="unknown key 'id'"):
        approval_of(replace(planned, drive=DriveKind.LAMBDA))
