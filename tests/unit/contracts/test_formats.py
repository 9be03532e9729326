"""Each format holds every finding, in the form that its readers take."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import FileReport, Finding, Report, Severity
from busyhour.contracts.formats import FORMATS
from busyhour.contracts.formats.sarif import uri
from busyhour.contracts.loading import load_rules
from busyhour.contracts.reading.sources import gather

EXAMPLES = Path(__file__).parents[3] / "contract_tests" / "examples"
SCHEMA = json.loads(Path(__file__).with_name("sarif.schema.json").read_text(encoding="utf-8"))
RULES = load_rules()


@pytest.fixture(scope="module")
def report():
    """Errors, warnings, notes and a suppressed finding, in several files."""
    names = ["dangling_target/broken", "queue_full_silent", "logging_off/broken", "suppression"]
    return Checker().check(gather([str(EXAMPLES / name) for name in names]))


def odd(message="1 % 2\r\n::error::, \x00 <b>&\"'"):
    """A report with all that has to be escaped."""
    finding = Finding(
        "queue-full-silent",
        Severity.WARNING,
        "a b/%flow:1,2.json",
        3,
        4,
        "/Actions/0",
        "Größe & Co",
        "<End>",
        message,
        "help",
        "End",
    )
    return Report((finding,), (FileReport(finding.path, None, finding.flow, None, 1),), {})


def sarif(report):
    return json.loads(FORMATS["sarif"](report, RULES))


@pytest.mark.parametrize("make", [lambda r: r, lambda r: r.replaced(()), lambda r: odd()])
def test_sarif_conforms_to_the_standard(report, make):
    made = sarif(make(report))
    assert [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(made)
    ] == []


def test_the_reduced_schema_rejects_what_the_standard_rejects(report):
    made = sarif(report)
    made["runs"][0]["results"][0]["level"] = "fatal"
    made["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert len(list(Draft202012Validator(SCHEMA).iter_errors(made))) == 2


def test_sarif_lists_every_rule_with_its_help_and_address(report):
    rules = sarif(report)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    for rule in rules:
        assert rule["helpUri"] == f"urn:busyhour:rule:{rule['id']}"
        assert RULES[rule["id"]].fix in rule["help"]["text"]


def test_sarif_has_every_finding_and_marks_those_that_the_flow_suppresses(report):
    results = sarif(report)["runs"][0]["results"]
    rules = sarif(report)["runs"][0]["tool"]["driver"]["rules"]
    assert len(results) == len(report.findings) + len(report.suppressed)
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in results)
    (suppressed,) = [one for one in results if "suppressions" in one]
    assert suppressed["suppressions"] == [{"kind": "inSource", "justification": "it only writes a log line"}]


def test_a_fingerprint_is_unchanged_when_the_finding_moves_to_another_line(report):
    finding = report.findings[0]
    moved = replace(finding, line=finding.line + 7, column=1)
    one, other = (sarif(report.replaced([each]))["runs"][0]["results"][0] for each in (finding, moved))
    assert one["partialFingerprints"] == other["partialFingerprints"]


def test_paths_become_uris():
    assert uri("flows/a b.json") == "flows/a%20b.json"
    assert uri("/x/größe.json") == "file:///x/gr%C3%B6%C3%9Fe.json"


def test_junit_has_a_suite_for_each_file_with_counts(report):
    root = ET.fromstring(FORMATS["junit"](report, RULES))
    assert [suite.get("name") for suite in root] == [file.path for file in report.files]
    failures = root.findall(".//failure")
    assert int(root.get("failures")) == len(failures)
    assert int(root.get("tests")) == len(root.findall(".//testcase"))
    bad = {(one.path, one.rule) for one in report.findings if one.severity.at_least(Severity.WARNING)}
    assert len(failures) == len(bad)


def test_junit_passes_notes_and_clean_files(report):
    root = ET.fromstring(FORMATS["junit"](report, RULES))
    noted = [case for case in root.iter("testcase") if case.get("name") == "logging-off"]
    assert noted
    assert all(case.find("failure") is None and case.find("system-out") is not None for case in noted)
    clean = [case for case in root.iter("testcase") if case.get("name") == "contracts"]
    assert len(clean) == len({file.path for file in report.files} - {one.path for one in report.findings})


def test_junit_removes_characters_that_xml_does_not_allow():
    (case,) = ET.fromstring(FORMATS["junit"](odd(), RULES)).iter("testcase")
    assert "<b>&\"'" in case.find("failure").text
    assert case.get("classname") == "a b/%flow:1,2.json"


def test_github_has_one_command_a_finding(report):
    lines = FORMATS["github"](report, RULES).splitlines()
    kinds = {"error": "::error ", "warning": "::warning ", "note": "::notice "}
    assert len(lines) == len(report.findings) + 1
    for line, finding in zip(lines, report.findings, strict=False):
        assert line.startswith(f"{kinds[finding.severity]}file=")
        assert f",line={finding.line},col={finding.column},title=busyhour {finding.rule}::" in line


def test_github_escapes_characters_that_would_end_a_command():
    line, _ = FORMATS["github"](odd("1 % 2\r\n::error::"), RULES).splitlines()
    assert line.startswith("::warning file=a b/%25flow%3A1%2C2.json,line=3,col=4,")
    assert "::1 %25 2\\r\\n::error:: [<End>]" in line


GITLAB = json.loads(Path(__file__).with_name("gitlab_codequality.schema.json").read_text(encoding="utf-8"))


def gitlab(report):
    return json.loads(FORMATS["gitlab"](report, RULES))


@pytest.mark.parametrize("make", [lambda r: r, lambda r: r.replaced(()), lambda r: odd()])
def test_the_gitlab_report_has_the_code_quality_format(make, report, monkeypatch):
    monkeypatch.chdir(EXAMPLES)  # paths become relative to the repository
    made = gitlab(make(report))
    assert [error.message for error in Draft202012Validator(GITLAB).iter_errors(made)] == []
    assert len(made) == len(make(report).findings)
    assert len({issue["fingerprint"] for issue in made}) == len(made), "GitLab drops those that share one"


def test_gitlab_paths_outside_the_repository_are_unchanged(report, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert {issue["location"]["path"] for issue in gitlab(report)} == {one.path for one in report.findings}


def test_a_gitlab_fingerprint_is_unchanged_when_the_finding_moves_and_unique_among_equal_ones(report):
    finding = report.findings[0]
    moved = replace(finding, line=finding.line + 7)
    (one,), (other,) = gitlab(report.replaced([finding])), gitlab(report.replaced([moved]))
    assert one["fingerprint"] == other["fingerprint"]
    twice = gitlab(report.replaced([finding, moved]))
    assert twice[0]["fingerprint"] != twice[1]["fingerprint"]
