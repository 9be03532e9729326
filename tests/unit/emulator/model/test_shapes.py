from __future__ import annotations

import botocore.session
import pytest

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
