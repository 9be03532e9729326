"""Values that make conditions true."""

from hypothesis import given
from hypothesis import strategies as st

from busyhour.exploration.world.values import first, shadowed, witnesses

operators = st.sampled_from(
    [
        "Equals",
        "TextContains",
        "TextStartsWith",
        "TextEndsWith",
        "NumberGreaterThan",
        "NumberLessThan",
        "NumberLessOrEqualTo",
    ]
)
operands = st.sampled_from(["1", "2", "2.5", "10", "yes", "no", "yes please", "-3"]) | st.text(
    "ab1", min_size=1, max_size=3
)
chains = st.lists(st.tuples(operators, operands), max_size=5).map(tuple)


def test_each_condition_gets_a_value_and_one_is_left_over():
    assert witnesses((("Equals", "yes"), ("Equals", "no"))) == ["yes", "no", "something else"]


def test_numbers_between_and_beyond_the_bounds_are_found():
    tests = (("NumberLessThan", "10"), ("NumberLessThan", "50"))
    assert [first(tests, one) for one in witnesses(tests)] == [0, 1, None]


def test_a_condition_after_one_that_takes_all_its_values_is_shadowed():
    tests = (("TextContains", "e"), ("Equals", "yes"))
    assert "shadowed" in shadowed(tests, 1)
    assert "TextContains 'e'" in shadowed(tests, 1)
    assert shadowed(tests, 0) == ""


@given(chains)
def test_a_witness_meets_its_condition_first_and_what_is_called_shadowed_has_none(tests):
    met = [first(tests, one) for one in witnesses(tests)]
    assert len(met) == len(set(met))
    for at in range(len(tests)):
        assert (at in met) == (shadowed(tests, at) == "")


@given(chains, st.text(max_size=6) | st.integers(-100, 100).map(str))
def test_no_value_at_all_meets_a_shadowed_condition_first(tests, value):
    at = first(tests, value)
    assert at is None or shadowed(tests, at) == ""
