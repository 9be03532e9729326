import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.calls.chance import Stream
from busyhour.errors import BusyhourError
from busyhour.scenarios.keys import MADE_UP, Recorded, Uniform, Zipf, keys_of
from busyhour.scenarios.model import KeyChoice


def drawn(keys, times=20_000):
    stream, counts = Stream(1, 0), [0] * keys.count
    for _ in range(times):
        counts[keys.draw(stream)] += 1
    return [count / times for count in counts]


def test_uniform_keys_are_all_as_likely():
    assert drawn(Uniform(4)) == pytest.approx([0.25] * 4, abs=0.02)


def test_zipf_keys_fall_off_with_their_rank():
    whole = 1 + 1 / 2 + 1 / 3 + 1 / 4
    assert drawn(Zipf(4, 1.0)) == pytest.approx(
        [1 / whole, 1 / 2 / whole, 1 / 3 / whole, 1 / 4 / whole], abs=0.02
    )


def test_zipf_with_exponent_0_is_uniform():
    assert drawn(Zipf(4, 0.0)) == pytest.approx([0.25] * 4, abs=0.02)


@given(st.integers(1, 1000), st.floats(0, 3), st.integers(0, 100))
def test_every_key_is_one_of_them(count, exponent, index):
    assert 0 <= Zipf(count, exponent).draw(Stream(0, index)) < count


def test_recorded_keys_come_as_they_were_and_again():
    keys, stream = Recorded([3, 1, 2]), Stream(0, 0)
    assert [keys.draw(stream) for _ in range(5)] == [3, 1, 2, 3, 1]


def test_workers_together_replay_the_record_in_its_order():
    record = Recorded([5, 6, 7, 8, 9])
    first, second = record.part(0, 2), record.part(1, 2)
    drawn = [worker.draw(None) for _ in range(5) for worker in (first, second)]
    assert drawn == [5, 6, 7, 8, 9] * 2


@pytest.mark.parametrize(
    "make", [lambda: Uniform(0), lambda: Zipf(0), lambda: Zipf(3, -1), lambda: Recorded([])]
)
def test_no_keys_are_refused(make):
    with pytest.raises(BusyhourError):
        make()


def test_a_scenario_chooses_keys_by_number_by_zipf_or_from_a_record(tmp_path):
    assert (type(keys_of(KeyChoice(), 7)), keys_of(KeyChoice(), 7).count) == (Uniform, 7)
    assert keys_of(KeyChoice(), 0).count == MADE_UP
    hot = keys_of(KeyChoice(count=50, zipf=1.5), 7)
    assert (type(hot), hot.count) == (Zipf, 50)
    (tmp_path / "keys.txt").write_text("a\nb\na\n")
    assert keys_of(KeyChoice(recorded=tmp_path / "keys.txt"), 7).values == ("a", "b")


@pytest.mark.parametrize(
    "keys",
    [Uniform(5), Zipf(5, 1.3), Zipf(1, 2.0), Recorded([0, 2, 2, 1, 2])],
    ids=["even", "zipf", "one", "recorded"],
)
def test_the_share_of_a_key_is_how_often_it_is_drawn(keys):
    shares = list(keys.shares())
    assert sum(shares) == pytest.approx(1.0)
    assert drawn(keys) == pytest.approx(shares, abs=0.02)


def test_the_hottest_of_a_thousand_keys_at_exponent_2_has_61_percent():
    assert Zipf(1000, 2.0).shares()[0] == pytest.approx(0.6083, abs=0.0001)  # 1 / sum of 1/r^2
