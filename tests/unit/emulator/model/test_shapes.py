from __future__ import annotations

import contextlib

import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.model import StringShape

from busyhour.emulator.catalogue import SERVICES
from busyhour.emulator.model.shapes import ConstraintError, MalformedError, compile_shape


@pytest.fixture(scope="module")
def check():
    model = botocore.session.get_session().get_service_model("connect")
    checks = {}

    def run(operation, value):
        if operation not in checks:
            checks[operation] = compile_shape(model.operation_model(operation).input_shape)
        checks[operation](value, "")

    return run


SPAN = {"Type": "INITIATION_TIMESTAMP", "StartTime": 0, "EndTime": "2026-01-01T00:00:00Z"}


def test_a_nested_request_that_fits_the_model_passes(check):
    check("SearchContacts", {"InstanceId": "i", "TimeRange": SPAN, "SearchCriteria": {"Channels": ["VOICE"]}})


def test_null_means_absent_and_unknown_members_are_let_through(check):
    check("StopContact", {"InstanceId": "i", "ContactId": "c", "DisconnectReason": None, "Other": 1})


@pytest.mark.parametrize(
    ("operation", "value", "error", "where"),
    [
        ("StopContact", [], MalformedError, "The request"),
        ("StopContact", {"InstanceId": "i"}, MalformedError, "ContactId is required"),
        ("StopContact", {"InstanceId": "i", "ContactId": None}, MalformedError, "ContactId is required"),
        ("StopContact", {"InstanceId": 1, "ContactId": "c"}, MalformedError, "InstanceId"),
        ("StopContact", {"InstanceId": "i" * 101, "ContactId": "c"}, ConstraintError, "InstanceId"),
        ("SearchContacts", {"InstanceId": "i", "TimeRange": {}}, MalformedError, r"TimeRange\.Type"),
        (
            "SearchContacts",
            {"InstanceId": "i", "TimeRange": {**SPAN, "Type": "WHEN"}},
            ConstraintError,
            r"TimeRange\.Type",
        ),
        (
            "SearchContacts",
            {"InstanceId": "i", "TimeRange": SPAN, "SearchCriteria": {"Channels": "VOICE"}},
            MalformedError,
            r"SearchCriteria\.Channels",
        ),
        (
            "SearchContacts",
            {"InstanceId": "i", "TimeRange": SPAN, "SearchCriteria": {"Channels": ["VOICE", "FAX"]}},
            ConstraintError,
            r"SearchCriteria\.Channels\[1\]",
        ),
        (
            "SearchContacts",
            {"InstanceId": "i", "TimeRange": SPAN, "MaxResults": 0},
            ConstraintError,
            "MaxResults",
        ),
        (
            "SearchContacts",
            {"InstanceId": "i", "TimeRange": SPAN, "MaxResults": 1.5},
            MalformedError,
            "MaxResults",
        ),
        (
            "GetCurrentMetricData",
            {"InstanceId": "i", "Filters": {"Queues": []}, "CurrentMetrics": []},
            ConstraintError,
            r"Filters\.Queues",
        ),
        (
            "ListPhoneNumbersV2",
            {"PhoneNumberPrefix": "x1"},
            ConstraintError,
            "PhoneNumberPrefix",
        ),
    ],
)
def test_what_breaks_the_model_is_named_with_its_place(check, operation, value, error, where):
    with pytest.raises(error, match=where):
        check(operation, value)


def test_every_pattern_of_every_service_is_checked():
    """Patterns are written for Java; one that no module reads would be an error here, not a check that is left out."""
    for entry in SERVICES:
        for name, shape in Loader().load_service_model(entry.model, "service-2")["shapes"].items():
            if (pattern := shape.get("pattern")) is not None:
                made = compile_shape(StringShape(name, {"type": "string", "pattern": pattern}))
                with contextlib.suppress(ConstraintError):
                    made("x", "it")


@pytest.mark.parametrize(
    ("service", "shape", "good", "bad"),
    [
        ("connect", "Password", ["Passw0rd", "aB3/////"], ["password", "Pass w0rd"]),
        ("connect", "TagKey", ["Füße:1", "a/b"], ["aws:x", "a\tb", "a;b"]),
        ("connect", "CommonHumanReadableName", ["Vertrieb Süd"], ["a\u0007b"]),
        ("connect", "PhoneNumber", ["+12065550100"], ["12065550100", "+0123"]),
        ("connect", "ViewContentSha256", ["0aF" * 21], ["a-b"]),
        ("lambda", "TagKey", ["Füße"], ["a;b"]),
        ("logs", "ResourceType", ["a-b_c"], ["a b"]),
    ],
)
def test_patterns_mean_what_they_mean_in_java(service, shape, good, bad):
    model = botocore.session.get_session().get_service_model(service)
    check = compile_shape(model.shape_for(shape))
    for text in good:
        check(text, "it")
    for text in bad:
        with pytest.raises(ConstraintError):
            check(text, "it")
