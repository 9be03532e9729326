"""Findings as data: places, order, counts."""

import pytest

from busyhour.contracts.finding import Finding, Report, Severity, json_pointer, order, pointer_text


@pytest.mark.parametrize(
    ("pointer", "rfc", "words"),
    [
        ((), "", "the document"),
        (("Actions", 4, "Transitions"), "/Actions/4/Transitions", "Actions[4].Transitions"),
        (("Metadata", "a/b~c"), "/Metadata/a~1b~0c", "Metadata['a/b~c']"),
        (("Actions", 0, "Parameters", "Attributes", "two words"), "/Actions/0/Parameters/Attributes/two words",
         "Actions[0].Parameters.Attributes['two words']"),
    ],
)  # fmt: skip
def test_a_pointer_has_a_form_for_machines_and_one_for_people(pointer, rfc, words):
    assert json_pointer(pointer) == rfc
    assert pointer_text(pointer) == words


def test_list_positions_are_sorted_as_numbers():
    pointers = [("Actions", 10), ("Version",), ("Actions", 9, "Type"), ("Actions", 9), ()]
    assert sorted(pointers, key=order) == [
        (),
        ("Actions", 9),
        ("Actions", 9, "Type"),
        ("Actions", 10),
        ("Version",),
    ]


def test_a_report_counts_by_severity():
    def finding(severity):
        return Finding("r", severity, "p", 1, 1, "", "f", "", "m", "h")

    report = Report((finding(Severity.NOTE), finding(Severity.ERROR), finding(Severity.NOTE)), (), {})
    assert report.summary() == {"files": 0, "errors": 1, "warnings": 0, "notes": 2}
    assert report.worst() is Severity.ERROR
    assert len(report.at_least(Severity.WARNING)) == 1
    assert report.replaced(()).worst() is None
