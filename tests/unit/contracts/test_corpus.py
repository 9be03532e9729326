"""No false alarm on real exports; each error on one has its written reason in adjudications.json."""

import csv
import json
from pathlib import Path

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import Gathered, gather

CORPUS = (Path(__file__).parents[3] / "../shared/corpus").resolve()
ADJUDICATIONS = json.loads(Path(__file__).with_name("adjudications.json").read_text())


@pytest.fixture(scope="module")
def report():
    if not (CORPUS / "INDEX.csv").is_file():
        pytest.skip("the collection of real exports is not here (../shared/corpus)")
    with (CORPUS / "INDEX.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    gathered = gather([str(CORPUS / row["file"]) for row in rows])
    assert len(gathered.sources) == len(rows)
    return Checker().check(Gathered(gathered.sources)), {str(CORPUS / row["file"]): row for row in rows}


def test_every_error_on_a_real_export_has_been_reviewed(report):
    found, rows = report
    unexplained = []
    for finding in found.findings:
        if finding.severity is Severity.ERROR:
            judged = ADJUDICATIONS.get(Path(finding.path).name, {})
            if finding.rule not in judged.get("rules", ()):
                unexplained.append(f"{rows[finding.path]['file']}: {finding.rule} {finding.message}")
    assert unexplained == []


def test_every_review_entry_is_still_needed(report):
    found, _ = report
    errors = {(Path(one.path).name, one.rule) for one in found.findings if one.severity is Severity.ERROR}
    for name, judged in ADJUDICATIONS.items():
        assert judged["reason"]
        for rule in judged["rules"]:
            assert (name, rule) in errors


def test_every_real_export_is_read_as_a_flow(report):
    found, rows = report
    assert len(found.files) == len(rows)
    formats = {file.path: str(file.format) for file in found.files}
    assert formats == {path: row["format"] for path, row in rows.items()}
