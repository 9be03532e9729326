"""CBOR as botocore's own parser reads it back, and the form of the Query protocol."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.cloudwatch.protocol_codecs import QueryCodec, decode_cbor, encode_cbor
from busyhour.emulator.messages import ApiError, Request

SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.datetimes(
        min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
    ).map(lambda at: at.replace(microsecond=0))
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(DATA)
def test_what_is_encoded_is_what_botocore_reads(data: Any) -> None:
    assert decode_cbor(encode_cbor(data)) == data


def test_only_types_of_answers_are_encoded() -> None:
    with pytest.raises(TypeError, match="no CBOR for complex"):
        encode_cbor({"a": 1j})
    with pytest.raises(TypeError, match="64 bits"):
        encode_cbor(2**64)


def test_a_form_is_a_tree() -> None:
    body = b"Action=X&Version=1&A.member.2.B=two&A.member.1.B=one&A.member.10.B=ten&C=&D.E=f"
    operation, parameters = QueryCodec().decode(Request("POST", "/", "", {}, body, "monitoring", "", ""))
    assert operation == "X"
    assert parameters == {"A": [{"B": "one"}, {"B": "two"}, {"B": "ten"}], "C": "", "D": {"E": "f"}}


@pytest.mark.parametrize("name", [".".join(["a"] * 50_000), "a.b", "a.b.c"])
def test_a_form_whose_names_are_no_tree_is_malformed(name: str) -> None:
    body = f"a.b=1&a=2&{name}=1&a.b.c=1".encode()
    with pytest.raises(ApiError, match=r"is both a value|more than 100 parts"):
        QueryCodec().decode(Request("POST", "/", "", {}, body, "monitoring", "", ""))


@pytest.mark.parametrize("index", ["\u00b2", "\u0663", "9" * 5000, "-1", ""])
def test_a_number_of_a_list_is_a_short_decimal_number(index: str) -> None:
    body = f"A.member.{index}=1".encode()
    _, parameters = QueryCodec().decode(Request("POST", "/", "", {}, body, "monitoring", "", ""))
    assert parameters == {"A": {"member": {index: "1"}}}
