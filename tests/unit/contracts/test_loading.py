"""Rules by path: shipped ones and a team's own through the same door."""

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.loading import load_rules, shipped_rules_folder
from busyhour.contracts.reading.sources import Gathered, source_of
from busyhour.errors import BusyhourError

OWN = '''"""Our flows greet."""
from busyhour.contracts.rule import rule

@rule(id="{id}", severity="note", summary="s", why="w", fix="f", source="us", types=("DisconnectParticipant",))
def check(flow):
    """x"""
    yield flow.problem("found")
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "greet_first.py").write_text(OWN.format(id="greet-first"))
    return tmp_path


def test_every_shipped_rule_is_named_like_its_file_and_fully_documented():
    for rule in load_rules():
        assert rule.file is not None
        assert rule.file.parent == shipped_rules_folder()
        for text in (rule.summary, rule.why, rule.fix, rule.source):
            assert text == text.strip()
        assert not rule.summary.endswith(".")
        assert rule.why.endswith((".", ")."))
        assert rule.fix.endswith(".")


def test_a_teams_own_rule_runs_beside_the_shipped_ones(folder):
    rules = load_rules([folder])
    assert len(rules) == len(load_rules()) + 1
    flow = (
        '{"Version": "2019-10-30", "StartAction": "a", "Actions": [{"Identifier": "a", "Type": "DisconnectParticipant",'
        ' "Parameters": {}, "Transitions": {}}]}'
    )
    report = Checker(rules).check(Gathered((source_of(flow),)))
    assert [one.rule for one in report.findings] == ["greet-first"]


def test_a_teams_own_rule_replaces_the_shipped_one_of_its_id(folder):
    (folder / "version.py").write_text(OWN.format(id="version"))
    assert load_rules([folder])["version"].file == folder / "version.py"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.format(id="other-name"), "the rule's id is 'other-name', not 'odd'"),
        ("", "contains 0 rules, not one"),
        (
            OWN.format(id="odd") + OWN.format(id="odd").replace("def check", "def second"),
            "contains 2 rules, not one",
        ),
        ("\n1/0", "odd.py:2: cannot be imported: ZeroDivisionError"),
        ("def (", "odd.py:1: cannot be imported: SyntaxError"),
    ],
    ids=["another name", "none", "two", "fails", "no Python"],
)
def test_an_invalid_rule_file_is_rejected_with_the_reason(tmp_path, text, said):
    path = tmp_path / "odd.py"
    path.write_text(text)
    with pytest.raises(BusyhourError) as error:
        load_rules([tmp_path])
    assert said in error.value.message
    assert str(path) in error.value.message


def test_rules_are_chosen_by_id_and_by_group():
    rules = load_rules()
    assert [one.id for one in rules.narrowed(select=["version", "identifier"])] == ["identifier", "version"]
    assert {one.group for one in rules.narrowed(select=["schema"])} == {"schema"}
    assert "version" not in {one.id for one in rules.narrowed(ignore=["version"])}
    with pytest.raises(BusyhourError, match=r"no rule is called 'versoin'\. Did you mean 'version'"):
        rules.narrowed(select=["versoin"])


def test_a_missing_rules_folder_is_reported(tmp_path):
    with pytest.raises(BusyhourError, match="no such folder of rules"):
        load_rules([tmp_path / "missing"])


def test_a_crashing_rule_is_reported_and_other_findings_remain(folder):
    (folder / "greet_first.py").write_text(
        OWN.format(id="greet-first").replace("yield flow", "1 / 0\n    yield flow")
    )
    flow = '{"Version": "1", "StartAction": "a", "Actions": [{"Identifier": "a", "Type": "DisconnectParticipant"}]}'
    report = Checker(load_rules([folder])).check(Gathered((source_of(flow),)))
    found = {one.rule: one for one in report.findings}
    rule = folder / "greet_first.py"
    line = rule.read_text().splitlines().index("    1 / 0") + 1
    assert f"the rule crashed ({rule}:{line}): ZeroDivisionError" in found["greet-first"].message
    assert "report it" not in found["greet-first"].help, "it is the team's own"
    assert "version" in found
