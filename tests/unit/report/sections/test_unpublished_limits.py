"""Limits whose value only AWS knows stand in every report and in the text for AWS Support."""

import io

import pytest

from busyhour.report.renderers.registry import RENDERERS
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

TEMPLATES = [shipped_root() / "reports" / "templates"]
ROW = {
    "key": "connect.new-calls-per-second",
    "name": "New calls per second of the instance",
    "shows_as": "CloudWatch metric ThrottledCalls",
    "unit": "new calls per second",
    "mean": 3.888,
    "peak": 9.0,
    "calculation": "14,000 calls/h / 3600 = 3.889",
    "ask": "AWS publishes no value: confirm with AWS Support that 9 new calls per second are allowed.",
}


def page_of(name: str, record: RunRecord) -> str:
    made = RENDERERS[name].render(record, TEMPLATES)
    if name.endswith("pdf"):
        pypdf = pytest.importorskip("pypdf")
        return " ".join(
            " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages).split()
        )
    return " ".join(made.decode().split())


@pytest.mark.parametrize("name", ["html", "markdown", "text", "pdf"])
def test_a_report_names_them_as_not_known_to_be_within_the_limit(record: RunRecord, name: str):
    before = page_of(name, record)
    assert "only AWS knows" not in before
    record.forecast["unpublished"] = [ROW]
    page = page_of(name, record)
    assert "ThrottledCalls): not known to be within the limit." in page
    assert "confirm with AWS Support that 9 new calls per second are allowed" in page


@pytest.mark.parametrize("name", ["support-text", "support-pdf"])
def test_aws_support_is_asked_to_confirm_the_demand(record: RunRecord, name: str):
    assert "Please confirm that the instance allows" not in page_of(name, record)
    record.forecast["unpublished"] = [ROW]
    page = page_of(name, record)
    assert "AWS publishes no value of these limits. Please confirm that the instance allows" in page
    assert "9 new calls per second in the 99th percentile, 3.89 in the mean" in page
