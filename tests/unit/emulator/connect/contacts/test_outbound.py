from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.connect.contacts.outbound import (
    ATTRIBUTE_BYTES,
    ClientTokens,
    check_attributes,
    check_campaign,
)
from busyhour.emulator.messages import ApiError
from busyhour.emulator.quotas.throttling import Limits
from busyhour.quotas.table.quota_table import load

TABLE = load()


@given(
    st.dictionaries(st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True), st.text(max_size=200), max_size=20)
)
def test_attributes_are_refused_exactly_above_32_kib_of_utf_8(attributes):
    size = sum(len(k.encode()) + len(v.encode("utf-8", "surrogatepass")) for k, v in attributes.items())
    limits = Limits(TABLE, {}, lambda: 0.0)
    fill = 32_768 - size - len("fill")
    check_attributes({**attributes, "fill": "x" * fill}, limits)
    assert list(limits.tallies()) == []
    with pytest.raises(ApiError, match="32768"):
        check_attributes({**attributes, "fill": "x" * (fill + 1)}, limits)
    (tally,) = limits.tallies()
    assert (tally.quota.key, tally.rejected, tally.peak) == (ATTRIBUTE_BYTES, 1, 32_769)


@pytest.mark.parametrize("key", ["", "a b", "a.b", "ä", "a/b"])
def test_keys_are_alphanumeric_dash_or_underscore(key):
    with pytest.raises(ApiError, match="alphanumeric"):
        check_attributes({key: "v"}, Limits(TABLE, {}, lambda: 0.0))


def test_answering_machine_detection_needs_campaign_traffic():
    detection = {"AnswerMachineDetectionConfig": {"EnableAnswerMachineDetection": True}}
    assert check_campaign({**detection, "TrafficType": "CAMPAIGN"}) == "CAMPAIGN"
    with pytest.raises(ApiError, match="CAMPAIGN"):
        check_campaign({**detection, "TrafficType": "GENERAL"})
    assert (
        check_campaign({"AnswerMachineDetectionConfig": {"EnableAnswerMachineDetection": False}}) == "GENERAL"
    )


def test_tokens_are_remembered_for_their_time_and_up_to_the_bound():
    tokens = ClientTokens(10.0, kept=2)
    for number in range(3):
        tokens.remember(f"t{number}", f"c{number}", 0.0)
    assert tokens.find("t0", 0.0) is None
    assert tokens.forgotten == 1
    assert tokens.find("t2", 10.0) == "c2"
    assert tokens.find("t2", 10.1) is None
