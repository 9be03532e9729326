"""Foreign text in every part of a run record: no format lets it act on a terminal, a CI, a page or a reader."""

import io
import json
import random
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from busyhour import cli
from busyhour.report.renderers.registry import RENDERERS
from busyhour.results import store
from busyhour.shipped import shipped_root

TEMPLATES = [shipped_root() / "reports" / "templates"]
NOT_FOREIGN = {
    *(
        "date",
        "direction",
        "drive",
        "first_wave",
        "key",
        "kind",
        "model",
        "needed_on",
        "outcome",
        "schema_version",
    ),
    *("severity", "status", "verdict"),
}
"""Members of a record that hold one of our own words, or a date: others are names and sentences with names in them."""
PIECES = [
    *(
        "\x1b[2J",
        "\x9b31m",
        "\r",
        "\n",
        "\n::error::owned",
        " ::warning::owned",
        "##[error]owned",
        "##vso[task.x]owned",
    ),
    *(
        "\u202e",
        "\u2028",
        "\u200b",
        "\ufeff",
        "\0",
        "\x7f",
        "\U000e0041",
        "<img src=x onerror=a()>",
        "</td><script>a()</script>",
    ),
    *(
        "](http://evil.example)",
        "![x](http://evil.example)",
        "| a |",
        "[/de]",
        "[bold]",
        "`",
        "**",
        "$a$",
        "$",
        "_",
        "#let x = 1",
    ),
    *("{{ 7 * 7 }}", "{% raw %}", '"', "'", "\\", "&", "상담", "😀", "é", "a" * 70),
]
ACTS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\ufeff\U000e0000-\U000e007f]|##\\w*\\[|^\\s*::",
    re.MULTILINE,
)


def spoilt(data, draw, key=""):
    """The record with a few of the pieces in every foreign text."""
    if isinstance(data, dict):
        return {name: spoilt(value, draw, name) for name, value in data.items()}
    if isinstance(data, list):
        return [spoilt(value, draw, key) for value in data]
    if isinstance(data, str) and key not in NOT_FOREIGN:
        return draw.choice(["", data]) + "".join(draw.choices(PIECES, k=3))
    return data


@pytest.fixture
def hostile(nightly, tmp_path):
    """Makes the record of a seed, as it is read from its file."""

    def make(seed):
        data = json.loads(store.write_run(tmp_path, nightly).read_text(encoding="utf-8"))
        file = tmp_path / f"{seed}.json"
        file.write_text(json.dumps(spoilt(data, random.Random(seed))), encoding="utf-8")
        return store.read_run(file)

    return make


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.handlers = Counter(), set()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.handlers |= {
            name
            for name, value in attrs
            if name.startswith("on") or ("evil" in (value or "") and name == "href")
        }


@pytest.mark.parametrize(
    "seed", [1, 2, pytest.param(3, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", ["html", "markdown", "metrics", "support-text", "text"])
def test_no_text_of_a_record_acts(hostile, name, seed):
    page = RENDERERS[name].render(hostile(seed), TEMPLATES).decode()
    found = ACTS.search(page)
    assert found is None, page[max(0, found.start() - 80) : found.end() + 40]
    if name == "html":
        tags = _Tags()
        tags.feed(page)
        assert tags.tags["img"] == 0
        assert tags.tags["script"] == 2, "the page's own: figures of what-if, and what draws them"
        assert not tags.handlers
    if name == "markdown":
        assert not re.search(r"(?<!\\)\]\(http://evil|<img|<script", page)


@pytest.mark.parametrize("name", ["pdf", "support-pdf"])
def test_a_pdf_shows_the_text_and_runs_none_of_it(hostile, name):
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(io.BytesIO(RENDERERS[name].render(hostile(5), TEMPLATES))).pages
    text = "\n".join(page.extract_text() for page in pages)
    assert "{{ 7 * 7 }}" in " ".join(text.split())
    assert "#let x" in " ".join(text.split())
    assert not [
        link
        for page in pages
        for link in page.get("/Annots", ())
        if "evil" in str(link.get_object().get("/A", {}).get("/URI", ""))
    ]


@pytest.mark.parametrize(
    "words",
    [
        *(["report", "RUN", "--format", format_] for format_ in ("terminal", "markdown", "json", "metrics")),
        ["compare", "RUN", "-b", "OTHER"],
        ["compare", "RUN", "-b", "OTHER", "--format", "markdown"],
        ["compare", "RUN", "-b", "OTHER", "--format", "json"],
        ["history", "add", "RUN"],
        ["history", "list"],
        ["history", "changes"],
        ["history", "export"],
        ["request", "RUN"],
        ["request", "RUN", "--status"],
        ["quotas", "--from", "RUN/run.json"],
        ["quotas", "diff", "RUN/run.json", "OTHER/run.json"],
        ["stop", "RUN"],
        ["plan", "RUN"],
    ],
    ids=" ".join,
)
def test_no_command_prints_it_so_that_it_acts(hostile, tmp_path, monkeypatch, capsys, words):
    for name, seed in (("run", 6), ("other", 7)):
        store.write_run(tmp_path / name, hostile(seed))
    (tmp_path / "busyhour.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    if words[0] == "history":
        with pytest.raises(SystemExit):
            cli.main(["history", "add", "run"])
    named = [word.replace("RUN", "run").replace("OTHER", "other") for word in words]
    with pytest.raises(SystemExit) as ended:
        cli.main([*named, *(["-o", "-"] if words[0] == "report" else [])])
    shown = capsys.readouterr()
    out = f"{shown.out}\n{shown.err}"
    assert ended.value.code in (0, 1, 2, 3, 4), out
    assert "internal error" not in out
    found = ACTS.search(out)
    assert found is None, out[max(0, found.start() - 80) : found.end() + 40]
