"""[check] in busyhour.toml, and the command line over it."""

from datetime import date
from pathlib import Path

import pytest

from busyhour.contracts.finding import Severity
from busyhour.contracts.loading import load_rules
from busyhour.contracts.reading.sources import gather
from busyhour.contracts.settings import CheckSettings, parse_expiry
from busyhour.errors import BusyhourError
from busyhour.flows.model import FlowType
from busyhour.project import Project

OWN_RULE = """
from busyhour.contracts.rule import rule


@rule(id="{id}", severity="warning", summary="s", why="w", fix="f", source="our own")
def check(flow):
    yield flow.problem("m")
"""


def settings(root: Path, text: str = "") -> CheckSettings:
    (root / "busyhour.toml").write_text(text)
    return CheckSettings.of(Project.at(root))


def test_without_a_table_everything_runs_and_errors_count(tmp_path):
    found = settings(tmp_path)
    assert [one.id for one in found.rules()] == [one.id for one in load_rules() if not one.optional]
    assert found.severity is Severity.ERROR


def test_the_table_selects_and_ignores_rules_and_groups(tmp_path):
    found = settings(tmp_path, '[check]\nselect = ["resilience", "no-json"]\n'.replace("no-json", "not-json"))
    groups = {one.group for one in found.rules()}
    assert groups == {"resilience", "structure"}
    found = settings(tmp_path, '[check]\nselect = ["resilience"]\nignore = ["logging-off"]\n')
    assert "logging-off" not in [one.id for one in found.rules()]


def test_the_command_line_overrides_and_adds_to_ignore(tmp_path):
    found = settings(
        tmp_path, '[check]\nselect = ["structure"]\nignore = ["version"]\nseverity = "warning"\n'
    )
    found = found.with_options(select=["resilience"], ignore=["no-end"], severity="note", strict=True)
    assert (found.select, found.ignore) == (("resilience",), ("version", "no-end"))
    assert (found.severity, found.strict) == (Severity.NOTE, True)


def test_levels_replace_the_rules_own_severity(tmp_path):
    found = settings(tmp_path, '[check.levels]\nmenu-cuts-off = "error"\n')
    assert found.rules()["menu-cuts-off"].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[check]\nignore = ["logging-of"]\n', "Did you mean 'logging-off'?"),
        ('[check.levels]\nlogging-of = "error"\n', "Did you mean 'logging-off'?"),
    ],
)
def test_a_rule_that_does_not_exist_is_named(tmp_path, text, said):
    with pytest.raises(BusyhourError, match=said.replace("?", r"\?")):
        settings(tmp_path, text).rules()


@pytest.mark.parametrize(
    "text",
    [
        '[check]\nseverity = "fatal"\n',
        '[check.levels]\nno-end = "bad"\n',
        '[check.flow_types]\n"a" = "WHISPER"\n',
    ],
)
def test_an_invalid_value_is_rejected_with_its_line(tmp_path, text):
    with pytest.raises(BusyhourError, match=r"busyhour\.toml:\d"):
        settings(tmp_path, text)


def test_types_by_file(tmp_path):
    (tmp_path / "flows").mkdir()
    for name in ("whisper-de", "main"):
        (tmp_path / "flows" / f"{name}.json").write_text('{"StartAction": "", "Actions": []}')
    found = settings(tmp_path, '[check.flow_types]\n"flows/whisper-*.json" = "AGENT_WHISPER"\n')
    typed = found.typed(gather([str(tmp_path / "flows")]))
    assert {Path(one.label).stem: one.flow_type for one in typed.sources} == {
        "main": None,
        "whisper-de": FlowType.AGENT_WHISPER,
    }


def test_a_teams_rules_are_added_and_replace_shipped_ones_with_the_same_id(tmp_path):
    folder = tmp_path / "contract_tests" / "rules"
    folder.mkdir(parents=True)
    (folder / "our_own.py").write_text(OWN_RULE.format(id="our-own"))
    (folder / "no_end.py").write_text(OWN_RULE.format(id="no-end"))
    rules = settings(tmp_path).rules()
    assert {one.id for one in rules} == {one.id for one in load_rules() if not one.optional} | {"our-own"}
    assert rules["no-end"].source == "our own"


def test_the_baseline_lies_at_the_root(tmp_path):
    assert settings(tmp_path, '[check]\nbaseline = "accepted.json"\n').baseline == tmp_path / "accepted.json"


def test_an_expiry_is_a_date_or_a_number_of_days():
    today = date(2026, 11, 22)
    assert parse_expiry("2027-01-31", today) == date(2027, 1, 31)
    assert parse_expiry("10d", today) == date(2026, 12, 2)
    with pytest.raises(ValueError, match="soon"):
        parse_expiry("soon", today)


def test_optional_rules_run_where_a_policy_names_them(tmp_path):
    def ids(text: str) -> set[str]:
        return {one.id for one in settings(tmp_path, text).rules()}

    optional = {one.id for one in load_rules() if one.optional}
    assert {"personal-number", "recording-before-consent"} <= optional
    assert not ids("") & optional
    assert {"toll-fraud", "sensitive-stored", "reference-in-ssml"} <= ids("")
    assert ids('[check]\nenable = ["security"]\n') >= optional
    assert ids('[check]\nenable = ["personal-number"]\n') & optional == {"personal-number"}
    assert ids('[check.levels]\npersonal-number = "error"\n') & optional == {"personal-number"}
    assert "toll-fraud" not in ids('[check]\nignore = ["security"]\n')
    assert ids('[check]\nselect = ["security"]\n') >= optional
