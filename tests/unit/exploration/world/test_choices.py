"""Calls as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.errors import BusyhourError
from busyhour.exploration.world.choices import KINDS, Choice, choices_of, token

choices = st.lists(
    st.builds(
        Choice,
        st.sampled_from(sorted(KINDS)),
        st.none() | st.booleans() | st.text() | st.dictionaries(st.text(), st.text()),
    )
)


@given(choices)
def test_a_token_gives_the_choices_back(made):
    assert choices_of(token(made)) == made


@pytest.mark.parametrize("word", ["", "c1", "c1!!!!", "nonsense", "c1eNqL", "c2eNqLjgUAARUAuQ", "c1é"])
def test_what_is_no_token_is_refused_with_the_way_out(word):
    with pytest.raises(BusyhourError, match="not a token") as caught:
        choices_of(word)
    assert "busyhour explore" in caught.value.hint
