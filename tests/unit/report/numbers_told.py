"""Reads back from each output of a run which numbers it tells of each quota; knows headings, computes nothing."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

NEEDED, HEADROOM, PRESENT, PEAK, BINDS = (
    "needed",
    "with headroom",
    "present value",
    "measured peak",
    "binds at",
)
_HEADINGS = {
    "needed": NEEDED,
    "present value": PRESENT,
    "measured peak": PEAK,
    "calls/h": BINDS,
    **{f"with {share}% headroom": HEADROOM for share in (10, 20, 30)},
}
_NAMES = ("limit", "quota")
_NUMBER = re.compile(r"[\d,]+(?:\.\d+)?")


@dataclass(frozen=True)
class Told:
    """One number: of which quota, under which name, in which part of which output."""

    quota: str
    quantity: str
    value: float
    place: str


def conflicts(told: Iterable[Told]) -> list[str]:
    """Quotas of which two places tell different numbers under one name."""
    known: dict[tuple[str, str], list[Told]] = {}
    for one in told:
        known.setdefault((one.quota, one.quantity), []).append(one)
    found = []
    for (quota, quantity), all_told in known.items():
        values = {_as_printed(one.value) for one in all_told}
        if len(values) > 1:
            places = "; ".join(f"{one.value:g} in {one.place}" for one in all_told)
            found.append(f"{quantity} of {quota}: {places}")
    return found


def _as_printed(value: float) -> str:
    """Outputs print four digits, and whole calls per hour."""
    return f"{round(value):,}" if value >= 10 else f"{value:.4g}"


class Reader:
    """Reads outputs. `names` are the quotas' names by key, `codes` their keys by code."""

    def __init__(self, names: Mapping[str, str], codes: Mapping[str, str]) -> None:
        self._names = names
        self._codes = codes
        self._by_name = {name: key for key, name in names.items()}

    # ------------------------------------------------------------------------------------------- records

    def record(self, data: Mapping[str, Any], place: str = "run.json") -> Iterator[Told]:
        """run.json and everything that holds its parts: list of limits, quotas, waves, ledger."""
        yield from self.limits(data["forecast"]["limits"], f"{place} limits")
        for quota in data["quotas"]:
            told = {NEEDED: quota["forecast"], PRESENT: quota["value"], PEAK: quota["peak"]}
            yield from self._all(quota["key"], told, f"{place} quotas")
        waves = data["forecast"].get("waves")
        if waves:
            for need in waves["waves"][-1]["needs"]:
                told = {NEEDED: need["needed"], PRESENT: need["present"]}
                yield from self._all(need["key"], told, f"{place} waves")
            for due in waves["increases"]:
                told = {NEEDED: due["needed"], PRESENT: due["present"]}
                yield from self._all(due["key"], told, f"{place} increases of waves")
        yield from self.ledger(data.get("ledger", []), f"{place} ledger")

    def limits(self, rows: Iterable[Mapping[str, Any]], place: str) -> Iterator[Told]:
        """The list of limits as JSON; each calculation ends with the need."""
        for row in rows:
            told = {
                NEEDED: row["needed"],
                HEADROOM: row["with_headroom"],
                PRESENT: row["value"],
                BINDS: row["calls_per_hour"],
            }
            yield from self._all(row["key"], told, place)
            end = _float(row["calculation"].rpartition(": ")[2])
            yield from self._all(row["key"], {NEEDED: end}, f"{place} calculation")

    def ledger(self, rows: Iterable[Mapping[str, Any]], place: str) -> Iterator[Told]:
        """Rows of the evidence ledger."""
        for row in rows:
            told = {
                NEEDED: row["needed"] and row["needed"]["value"],
                PRESENT: row["applied"] and row["applied"]["value"],
                PEAK: row["verified"] and row["verified"]["peak"],
            }
            yield from self._all(row["key"], told, place)

    def request(self, data: Mapping[str, Any], requested: str = NEEDED) -> Iterator[Told]:
        """`busyhour request --format json`; `requested` is the value requested: the need, or that with headroom."""
        for one in data["increases"]:
            told = {NEEDED: one["needed"], PRESENT: one["present"], PEAK: one["measured_peak"]}
            yield from self._all(one["key"], told, "request json")
            yield from self._all(one["key"], {requested: one["requested"]}, "request json requested")
            yield from self._all(
                one["key"], {requested: one["request"]["DesiredValue"]}, "request json arguments"
            )

    def increases(self, data: Iterable[Mapping[str, Any]]) -> Iterator[Told]:
        """increases.json."""
        for one in data:
            yield from self._all(
                self._codes[one["QuotaCode"]], {NEEDED: one["DesiredValue"]}, "increases.json"
            )

    # ------------------------------------------------------------------------------------------- pages

    def html(self, page: str) -> Iterator[Told]:
        """Every table of the page by its headings, the waves, the ledger, and the figures behind the slider."""
        parser = _Tables()
        parser.feed(page)
        for table in parser.tables:
            yield from self._table(table, "html")
        for table in parser.tables:
            yield from self._last_wave(table, "html waves")
        data = re.search(r'id="what-if-data">(.*?)</script>', page, re.DOTALL)
        if data:
            figures = json.loads(data[1])
            names = [
                row[0]
                for table in parser.tables
                if "Mean demand" in table[0] and "Mean demand of the value" in table[0]
                for row in table[1:]
            ]
            for name, cells in zip(names, figures["cells"], strict=True):
                _, _, _, needed, spare, _ = cells[figures["plan"]]
                key = self._by_name.get(name)
                if key:
                    yield from self._all(key, {NEEDED: needed, HEADROOM: spare}, "html what-if")

    def markdown(self, text: str) -> Iterator[Told]:
        """Tables by their headings, calculations, waves."""
        table: list[list[str]] = []
        for line in [*text.splitlines(), ""]:
            if line.startswith("|"):
                table.append([cell.strip() for cell in line.strip("|").split("|")])
            elif table:
                yield from self._table(table, "markdown")
                yield from self._last_wave(table, "markdown waves")
                table = []
        yield from self._sentences(text, "markdown")

    def terminal(self, text: str) -> Iterator[Told]:
        """Every table by its headings, and the sentences."""
        parts = [part.splitlines() for part in text.split("\n\n")]
        for lines in parts:
            rule = next((number for number, line in enumerate(lines) if set(line.strip()) == {"─"}), None)
            if rule is not None:
                table = _terminal_table(lines[:rule], lines[rule + 1 :])
                yield from self._table(table, "terminal")
                yield from self._last_wave(table, "terminal waves")
        yield from self._sentences(text, "terminal")

    def pdf(self, words: str) -> Iterator[Told]:
        """The list of limits and the quotas by the quota's code, calculations, dues, ledger."""
        row = (
            r"{name} {code} (?:AWS quota )?(?P<present>[\d,.]+) (?:[a-z/]+ )?{source} (?P<needed>[\d,.]+) "
            r"(?:[\d,.]+% )?(?P<next>[\d,.]+|not measured) "
        )
        limits, quotas = words.split(" From Needed Measured peak ", 1)
        for key, name in self._names.items():
            pattern = row.format(
                name=re.escape(name), code=r"L-[0-9A-F]{8}", source=r"\D*?(?:account|\d{4}-\d\d-\d\d)"
            )
            for part, second, place in ((limits, HEADROOM, "pdf limits"), (quotas, PEAK, "pdf quotas")):
                found = re.search(pattern, part)
                if found:
                    told = {
                        PRESENT: _float(found["present"]),
                        NEEDED: _float(found["needed"]),
                        second: _float(found["next"]),
                    }
                    yield from self._all(key, told, place)
            volume = re.search(rf"(?P<volume>[\d,]+)(?: ± [\d.,]+)? [\d.,]+ x {re.escape(name)} L-", words)
            if volume:
                yield from self._all(key, {BINDS: _float(volume["volume"])}, "pdf limits")
        yield from self._sentences(words, "pdf")

    def request_text(self, text: str) -> Iterator[Told]:
        """`busyhour request`: one block for each increase."""
        for block in re.split(r"\n(?=\d+\. )", "\n" + text):
            head = re.match(r"\n?(?:\d+\. )(.*?) \(\w+ L-[0-9A-F]{8}\): ([\d,.]+) -> ([\d,.]+)", block)
            if head and head[1] in self._by_name:
                key = self._by_name[head[1]]
                yield from self._all(key, {PRESENT: _float(head[2]), NEEDED: _float(head[3])}, "request text")
                yield from self._steps(block, key, "request text")
                desired = re.search(r"--desired-value (\d+)", block)
                yield from self._all(key, {NEEDED: desired and _float(desired[1])}, "request command")
        for more in re.finditer(r"the request would be: (.*?)\.\n", text):
            for one in more[1].split(", "):
                name, _, number = one.rpartition(" ")
                if name in self._by_name:
                    yield from self._all(
                        self._by_name[name], {HEADROOM: _float(number)}, "request text headroom"
                    )

    def support(self, text: str, place: str) -> Iterator[Told]:
        """The report for Support, as text or from its PDF."""
        words = " ".join(text.split())
        for key, name in self._names.items():
            escaped = re.escape(name)
            for found in re.finditer(
                rf"{escaped}(?: \(L-\w+\))?: ([\d,.]+)(?: \(gap: [^)]*\))? (?:->|→) ([\d,.]+)", words
            ):
                yield from self._all(key, {PRESENT: _float(found[1]), NEEDED: _float(found[2])}, place)
                yield from self._steps(
                    words[found.end() : found.end() + 900].split(" -> ")[0].split("→")[0], key, place
                )
            bound = re.search(rf"{escaped} binds at ([\d,]+) calls", words)
            yield from self._all(key, {BINDS: bound and _float(bound[1])}, f"{place} impact")
            peak = re.search(rf"- {escaped}: measured peak ([\d,.]+)", words)
            yield from self._all(key, {PEAK: peak and _float(peak[1])}, f"{place} evidence")
            row = re.search(rf"{escaped} L-\w+ ([\d,.]+) \(gap: [^)]*\) ([\d,.]+) ([\d,.]+) ([\d,.]+)", words)
            if row:
                told = {PRESENT: _float(row[1]), NEEDED: _float(row[2]), PEAK: _float(row[3])}
                yield from self._all(key, told, f"{place} table")
                yield from self._all(key, {NEEDED: _float(row[4])}, f"{place} table")

    def forecast_text(self, text: str) -> Iterator[Told]:
        """`busyhour forecast` on a wide terminal: the list of limits by its columns, and the sentences."""
        lines = text.partition("Limits in the order")[2].splitlines()
        for line in lines:
            cells = re.split(r" {2,}", line.strip())
            names = [cell.partition(" (L-")[0] for cell in cells]
            at = next((index for index, name in enumerate(names) if name in self._by_name), None)
            if at is None or len(cells) < at + 4:
                continue
            told = {
                BINDS: _float(cells[0]),
                PRESENT: _float(cells[at + 1]),
                NEEDED: _float(cells[at + 2]),
                HEADROOM: _float(cells[at + 3]),
            }
            yield from self._all(self._by_name[names[at]], told, "forecast text")
        for key, name in self._names.items():
            found = re.search(
                rf"exceeds {re.escape(name)} \(L-\w+\) = ([\d,.]+), needed ([\d,.]+)\. .*: ([\d,]+)\.", text
            )
            if found:
                told = {PRESENT: _float(found[1]), NEEDED: _float(found[2])}
                yield from self._all(key, told, "forecast sentence")
                yield from self._all(key, {NEEDED: _float(found[3])}, "forecast calculation")

    # ------------------------------------------------------------------------------------------- parts

    def _table(self, table: list[list[str]], place: str) -> Iterator[Told]:
        """Rows of a table whose headings say which column is the quota's name and which are known numbers."""
        heads = [cell.lower() for cell in table[0]]
        if "calls/h moved" in heads:  # what earlier waves need is less than what the plan needs
            return
        name_at = next((heads.index(name) for name in _NAMES if name in heads), None)
        if name_at is None:
            return
        where = f"{place} table {', '.join(head for head in heads[:4])}"
        for row in table[1:]:
            name = re.sub(r" \(L-[0-9A-F]{8}\)$", "", row[name_at]) if len(row) == len(heads) else ""
            key = self._by_name.get(name)
            if key is None:
                continue
            told = {
                _HEADINGS[head]: _float(cell)
                for head, cell in zip(heads, row, strict=True)
                if head in _HEADINGS
            }
            if "verified under load" in heads:  # the need, and the value in force
                told = {
                    NEEDED: _float(row[heads.index("needed")]),
                    PRESENT: _float(row[heads.index("applied")]),
                }
            if "to request" in heads:
                yield from self._all(key, {NEEDED: _float(row[heads.index("to request")])}, where)
            yield from self._all(key, told, where)

    def _last_wave(self, table: list[list[str]], place: str) -> Iterator[Told]:
        """The last wave needs what the plan needs; its date is in the first of its rows."""
        heads = [cell.lower() for cell in table[0]]
        if "calls/h moved" not in heads:
            return
        last = max(number for number, row in enumerate(table) if row[0])
        for row in table[last:]:
            told = {
                _HEADINGS[head]: _float(cell)
                for head, cell in zip(heads, row, strict=True)
                if head in _HEADINGS
            }
            yield from self._all(self._by_name.get(row[heads.index("quota")], ""), told, place)

    def _sentences(self, text: str, place: str) -> Iterator[Told]:
        words = " ".join(text.split())
        for key, name in self._names.items():
            escaped = re.escape(name)
            for found in re.finditer(
                rf"(?:exceeds|decided:) {escaped}: present value ([\d,.]+)(?: \([^)]*\))?, needed ([\d,.]+), with \d+% headroom ([\d,.]+)\.",
                words,
            ):
                told = {PRESENT: _float(found[1]), NEEDED: _float(found[2]), HEADROOM: _float(found[3])}
                yield from self._all(key, told, f"{place} sentence")
            for found in re.finditer(
                rf"{escaped}: present value ([\d,.]+)(?: \([^)]*\))?, needed ([\d,.]+): ask", words
            ):
                yield from self._all(
                    key, {PRESENT: _float(found[1]), NEEDED: _float(found[2])}, f"{place} due"
                )
            for found in re.finditer(rf"{escaped}: [\d,]+ calls/h x [^;]*;[^:]*: ([\d,]+)", words):
                yield from self._all(key, {NEEDED: _float(found[1])}, f"{place} calculation")
            for found in re.finditer(rf"{escaped}: needed ([\d,.]+) \(present value ([\d,.]+)\)", words):
                yield from self._all(key, {PRESENT: _float(found[2])}, f"{place} wave")
            first = re.search(
                rf"{escaped} \(([\d,.]+)\) binds first, at (?:about )?([\d,]+)(?: ± [\d.,]+)? calls/h", words
            )
            if first:
                yield from self._all(
                    key, {PRESENT: _float(first[1]), BINDS: _float(first[2])}, f"{place} headline"
                )

    def _steps(self, text: str, key: str, place: str) -> Iterator[Told]:
        """The calculation of a requested value, step by step."""
        for pattern, quantity in (
            (r"Calculation: .*?: ([\d,]+)\.(?:\s|$)", NEEDED),
            (r"Needed by the plan, in [^:]*: ([\d,.]+)\. No padding", NEEDED),
            (r"Measured peak: ([\d,.]+) \(", PEAK),
            (r"Present value: ([\d,.]+) \(", PRESENT),
        ):
            found = re.search(pattern, text)
            yield from self._all(key, {quantity: found and _float(found[1])}, f"{place} steps")

    def _all(self, key: str, told: Mapping[str, Any], place: str) -> Iterator[Told]:
        if key not in self._names:
            return
        for quantity, value in told.items():
            if value is not None and value is not False:
                yield Told(key, quantity, float(value), place)


def words_of_pdf(made: bytes, folder: Path) -> str:
    """The words of a PDF in the order in which they were set."""
    file = folder / "read.pdf"
    file.write_bytes(made)
    text = subprocess.run(
        ["pdftotext", "-raw", str(file), "-"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return " ".join(text.split())


def _float(text: str | None) -> float | None:
    found = _NUMBER.match(text.strip()) if text else None
    return None if found is None else float(found[0].rstrip(",.").replace(",", ""))


def _terminal_table(above: list[str], below: list[str]) -> list[list[str]]:
    """Headings and rows of a printed table. A present value is on the first line of its row, other cells may be folded."""
    spans = _columns(above, below)
    heads = [" ".join(line[start:end].strip() for line in above).strip() for start, end in spans]
    at = next((at for at, head in enumerate(heads) if head.lower() == PRESENT), 0)
    rows: list[list[str]] = []
    for line in below:
        cells = [line[start:end].strip() for start, end in spans]
        if cells[at] or not rows:
            rows.append(cells)
        else:
            rows[-1] = [f"{whole} {more}".strip() for whole, more in zip(rows[-1], cells, strict=True)]
    return [heads, *rows]


def _columns(heads: list[str], rows: list[str]) -> list[tuple[int, int]]:
    """Where the columns of a printed table begin and end: they are two blanks or more apart in every line."""
    width = max(map(len, (*heads, *rows)), default=0)
    used = [any(len(line) > at and line[at] != " " for line in (*heads, *rows)) for at in range(width)]
    spans, start = [], None
    for at in range(width + 2):
        blank = at >= width or not used[at]
        wide = blank and (at + 1 >= width or not used[at + 1])
        if start is None and not blank:
            start = at
        elif start is not None and wide:
            spans.append((start, at))
            start = None
    return spans


class _Tables(HTMLParser):
    """Cells of every table, without what is folded or small beneath the first line of a cell (except in waves)."""

    _ASIDE = ("details", "script", "style")

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._aside = 0
        self._note = 0
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif self._cell is not None and tag in self._ASIDE:
            self._aside += 1
        elif self._cell is not None and tag == "div":
            if self._note or "note" in (dict(attrs).get("class") or ""):
                self._note += 1
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None and self.tables:
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag in self._ASIDE:
            self._aside = max(0, self._aside - 1)
        elif tag == "div":
            self._note = max(0, self._note - 1)

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._aside and not self._note:
            self._cell.append(data)
