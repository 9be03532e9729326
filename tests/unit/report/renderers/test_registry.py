"""Every format has the same content; the HTML needs no other file."""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.report.renderers.registry import RENDERERS
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

TEMPLATES = [shipped_root() / "reports" / "templates"]


@pytest.mark.parametrize("name", ["html", "markdown", "text"])
def test_says_verdict_quotas_metrics_and_what_was_not_measured(record: RunRecord, name: str) -> None:
    page = " ".join(RENDERERS[name].render(record, TEMPLATES).decode().split())
    for expected in (
        "does not hold",
        "bound at 0:41",
        "Concurrent active calls per instance",
        "emulator value, not read from the account",
        "ConcurrentCalls (Maximum)",
        "not available from this target",
        "Telephony cost",
        "ShowView took its default path",
        "unreachable-action",
        "not measured",
    ):
        assert expected.lower() in page.lower(), expected


@pytest.mark.parametrize("name", ["html", "markdown", "text", "pdf"])
def test_says_what_binds_first_what_is_late_and_what_is_proven(migrating: RunRecord, name: str) -> None:
    made = RENDERERS[name].render(migrating, TEMPLATES)
    if name == "pdf":
        pypdf = pytest.importorskip("pypdf")
        page = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages)
    else:
        page = made.decode()
    page = " ".join(page.split())
    assert "binds first, at 460 calls/h of 3,600 planned" in page
    assert "2027-01-11" in page
    assert "late" in page
    if name != "text":
        assert "peak 60 at 3,600 calls/h, nothing rejected" in page


def test_json_is_the_record(record: RunRecord) -> None:
    parsed = json.loads(RENDERERS["json"].render(record, TEMPLATES))
    assert parsed["verdict"]["outcome"] == "does not hold"
    assert parsed["quotas"][1]["rejected"] == 7


class _Outside(HTMLParser):
    """Collects what a page would fetch and whether its tags balance."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "xlink:href"} and value and not value.startswith(("#", "data:")):
                self.fetched.append(value)
        if tag not in {"meta", "link", "br", "hr", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_fetches_nothing_and_is_well_formed(page: str) -> None:
    parser = _Outside()
    parser.feed(page)
    assert parser.fetched == []
    assert parser.open == []
    assert not re.search(r"@import|url\((?!#)", page)
    assert len(page) < 3_000_000


def test_html_puts_the_limits_right_after_the_verdict(page: str) -> None:
    order = [
        'aria-label="Verdict"',
        'id="limits"',
        'id="increases"',
        'id="what-if"',
        'id="quotas"',
        'id="forecast"',
        'id="traffic"',
    ]
    places = [page.index(mark) for mark in order]
    assert places == sorted(places)
    assert "binds first, at 460 calls/h of 3,600 planned" in page


def test_every_identifier_is_there_once_and_every_reference_leads_somewhere(page: str) -> None:
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href|for)="#?([^"]+)"', page)) <= set(names)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(names)


def test_html_has_each_increase_to_request_with_its_calculation(page: str, record: RunRecord) -> None:
    assert (
        "34.9 erlang at most 1 % blocked, by Erlang B: 47.</li><li>Needed by the plan, in count: 47." in page
    )
    record.forecast["limits"] = record.forecast["limits"][1:]
    record.quotas = [quota for quota in record.quotas if quota.service == "lambda"]
    assert (
        "Nothing: the present values of the quotas carry the plan."
        in RENDERERS["html"].render(record, TEMPLATES).decode()
    )


def test_a_quota_that_this_version_does_not_know_does_not_take_the_page_with_it(record: RunRecord) -> None:
    record.quotas[0].key = "connect.of-another-version"
    page = RENDERERS["html"].render(record, TEMPLATES).decode()
    assert "could not be calculated" in page
    assert "connect.of-another-version" in page


def test_html_without_a_forecast_says_so(record: RunRecord) -> None:
    record.forecast = {}
    page = RENDERERS["html"].render(record, TEMPLATES).decode()
    assert "This run has no forecast" in page
    assert "<script" not in page


def test_html_escapes_what_users_wrote(page: str) -> None:
    assert "Ramp until &lt;quotas&gt; bind" in page


def test_html_plots_have_a_text_alternative_and_the_quota_line(page: str) -> None:
    assert page.count('role="img"') == 5
    assert (
        'aria-label="Concurrent calls: highest value 10 calls (calls in progress); quota, applied (instance) is 10"'
        in page
    )
    assert "var(--ink)" in page


def test_the_same_record_gives_the_same_bytes(record: RunRecord) -> None:
    assert RENDERERS["html"].render(record, TEMPLATES) == RENDERERS["html"].render(record, TEMPLATES)


def test_a_teams_broken_template_is_named_with_its_line(record: RunRecord, tmp_path: Path) -> None:
    (tmp_path / "report.md.j2").write_text("one\n{% if %}\n")
    with pytest.raises(BusyhourError, match=r"report\.md\.j2:2: "):
        RENDERERS["markdown"].render(record, [tmp_path])
    (tmp_path / "report.md.j2").write_text("{{ record.nothing }}")
    with pytest.raises(BusyhourError, match="uses a name that does not exist"):
        RENDERERS["markdown"].render(record, [tmp_path])


def test_pdf_is_small_and_says_the_verdict(record: RunRecord) -> None:
    pypdf = pytest.importorskip("pypdf")
    made = RENDERERS["pdf"].render(record, TEMPLATES)
    assert len(made) < 5_000_000
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    words = " ".join("".join(page.extract_text() for page in pages).split())
    for expected in ("does not hold", "bound at 0:41", "L-12AB7C57", "Concurrent calls", "Telephony cost"):
        assert expected in words


def test_a_template_that_typst_refuses_is_named(record: RunRecord, tmp_path: Path) -> None:
    (tmp_path / "report.typ").write_text("#let x =")
    with pytest.raises(BusyhourError, match=r"report\.typ: typst refuses it"):
        RENDERERS["pdf"].render(record, [tmp_path])
