import math
import re
from collections import Counter

import pytest

from busyhour.calls.behaviour import Behaviour
from busyhour.calls.caller import Caller
from busyhour.calls.policy import CallPolicy
from busyhour.flows.protocol import Collect, Converse, Digits, Done, HungUp, LexResult, Silence
from busyhour.scenarios.model import Callers, Distribution, MenuBehaviour

MENU = Collect("m-1", "press", 6.0, 5.0, menu=True, choices=("1", "2", "3"))
NUMBER = Collect("n-1", "enter", 4.0, 5.0, menu=False, max_digits=10, terminator="#")
BOT = Converse("b-1", "say", 3.0, "bot", ("Order", "Return"))
EXP = Distribution("exponential", 100.0)


def behaviour(seed: int = 1, **callers: object) -> Behaviour:
    return Behaviour(Callers(EXP, EXP, EXP, **callers), seed, CallPolicy())  # type: ignore[arg-type] # any field


def shares(behave: Behaviour, effect: Collect | Converse, calls: int = 20_000) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for index in range(calls):
        caller = Caller(behave, index)
        _, event = (
            caller.enter(effect, "main", "Menu") if isinstance(effect, Collect) else caller.converse(effect)
        )
        match event:
            case Digits(digits):
                counts[digits] += 1
            case LexResult(intent):
                counts[intent] += 1
            case _:
                counts[type(event).__name__] += 1
    return {name: count / calls for name, count in counts.items()}


def test_an_unnamed_menu_is_chosen_from_uniformly():
    assert shares(behaviour(), MENU) == pytest.approx({"1": 1 / 3, "2": 1 / 3, "3": 1 / 3}, abs=0.02)


@pytest.mark.parametrize("key", ["main/m-1", "main/Menu", "Menu", "m-1"])
def test_a_menu_is_named_by_flow_and_action_display_name_or_identifier(key: str):
    behave = behaviour(menus={key: MenuBehaviour({"1": 0.7, "2": 0.2, "silence": 0.06, "hang_up": 0.04})})
    expected = {"1": 0.7, "2": 0.2, "Silence": 0.06, "HungUp": 0.04}
    assert shares(behave, MENU) == pytest.approx(expected, abs=0.015)
    assert behave.used == {key}


def test_remaining_probability_goes_to_the_unnamed_choices():
    behave = behaviour(menus={"m-1": MenuBehaviour({"1": 0.6})})
    assert shares(behave, MENU) == pytest.approx({"1": 0.6, "2": 0.2, "3": 0.2}, abs=0.015)


def test_remaining_probability_is_a_key_without_branch_when_all_choices_are_named():
    behave = behaviour(menus={"m-1": MenuBehaviour({"1": 0.5, "2": 0.2, "3": 0.1})})
    assert shares(behave, MENU) == pytest.approx({"1": 0.5, "2": 0.2, "3": 0.1, "4": 0.2}, abs=0.015)


def test_a_menu_without_choices_meets_silence():
    empty = Collect("m-2", "press", 6.0, 5.0, menu=True)
    assert Caller(behaviour(), 0).enter(empty) == (11.0, Silence())


def test_bot_callers_say_an_intent():
    behave = behaviour(menus={"b-1": MenuBehaviour({"Order": 0.8, "otherwise": 0.2})})
    assert shares(behave, BOT) == pytest.approx({"Order": 0.8, "FallbackIntent": 0.2}, abs=0.015)


def test_keys_come_after_the_prompt_and_within_the_time_allowed():
    behave = behaviour(think=Distribution("exponential", 30.0))
    times = [Caller(behave, index).enter(MENU)[0] for index in range(500)]
    assert min(times) > 6.0
    assert max(times) <= 6.0 + 5.0


def test_stored_input_is_one_of_the_values_with_random_digits():
    behave = behaviour(inputs={"n-1": ("12##", "999")})
    typed = {Caller(behave, index).enter(NUMBER)[1].digits.removesuffix("#") for index in range(300)}
    assert "999" in typed
    assert len(typed) > 50
    assert all(d == "999" or (d.startswith("12") and len(d) == 4 and d.isdigit()) for d in typed)


def test_a_full_number_ends_the_input_and_a_short_one_waits_for_the_terminator_or_the_pause():
    behave = behaviour(inputs={"n-1": ("1234567890",), "n-2": ("1234",)}, think=Distribution("constant", 1.0))
    assert Caller(behave, 0).enter(NUMBER)[0] == pytest.approx(4.0 + 1.0 + 9 * 0.4)
    short = Collect("n-2", "enter", 4.0, 5.0, menu=False, max_digits=10)
    assert Caller(behave, 0).enter(short)[0] == pytest.approx(4.0 + 1.0 + 3 * 0.4 + 5.0)


def test_a_scenario_tells_the_key_from_any_digit_and_pauses_between_keys():
    behave = behaviour(
        inputs={"n-3": (r"1004\#",), "n-4": ("12,,,,,,,34",)}, think=Distribution("constant", 1.0)
    )
    plain = Collect("n-3", "enter", 4.0, 5.0, menu=False, max_digits=10)
    seconds, event = Caller(behave, 0).enter(plain)
    assert (event, seconds) == (Digits("1004#"), pytest.approx(4.0 + 1.0 + 4 * 0.4))
    paused = Collect("n-4", "enter", 4.0, 5.0, menu=False, max_digits=10)
    seconds, event = Caller(behave, 0).enter(paused)
    assert (event, seconds) == (Digits("12", "34"), pytest.approx(4.0 + 1.0 + 0.4 + 5.0))


def test_unnamed_input_is_a_number_of_usual_length():
    _, event = Caller(behaviour(), 0).enter(NUMBER)
    assert isinstance(event, Digits)
    assert re.fullmatch(r"\d{6}#", event.digits)


def test_a_stored_input_may_be_silence():
    behave = behaviour(inputs={"n-1": ("silence",)})
    assert Caller(behave, 0).enter(NUMBER) == (9.0, Silence())


def test_callers_hang_up_in_a_prompt_with_the_scenarios_probability():
    behave = behaviour(hang_up_rate=0.1)
    heard = [Caller(behave, index).listen(10.0) for index in range(10_000)]
    left = [seconds for seconds, event in heard if event == HungUp()]
    assert len(left) / len(heard) == pytest.approx(0.1, abs=0.01)
    assert 0 <= min(left) < max(left) < 10.0
    assert all(seconds == 10.0 for seconds, event in heard if event == Done())


def test_ringing_is_answered_in_the_given_share_and_never_after_the_timeout():
    behave = behaviour(answered=0.6, answer=Distribution("constant", 5.0))
    rings = [Caller(behave, index).ring(60.0) for index in range(10_000)]
    assert sum(answered for _, answered in rings) / len(rings) == pytest.approx(0.6, abs=0.015)
    assert set(rings) == {(5.0, True), (60.0, False)}
    assert Caller(behave, 0).ring(3.0) == (3.0, False)


def test_repeated_hours_checks_give_a_caller_the_same_result():
    behave = behaviour()
    found = [Caller(behave, index).finds_open("sales", 0.8) for index in range(10_000)]
    assert sum(found) / len(found) == pytest.approx(0.8, abs=0.015)
    caller = Caller(behave, 4)
    assert len({caller.finds_open("sales", 0.8) for _ in range(5)}) == 1


def test_patience_and_talk_are_independent_of_earlier_keys():
    behave = behaviour()
    fresh, used = Caller(behave, 9), Caller(behave, 9)
    used.enter(MENU)
    used.enter_queue()
    used.enter(MENU)
    assert (fresh.patience(), fresh.talk(), fresh.wrap_up()) == (used.patience(), used.talk(), used.wrap_up())


def test_choices_after_the_queue_are_independent_of_prompts_in_the_queue():
    behave = behaviour()
    waited, lucky = Caller(behave, 9), Caller(behave, 9)
    waited.enter_queue()
    for _ in range(7):
        waited.enter(MENU)
    waited.leave_queue()
    assert waited.enter(MENU) == lucky.enter(MENU)
    assert math.isfinite(waited.third_party_talk())


def test_a_caller_keeps_one_of_the_scenarios_numbers():
    behave = behaviour(numbers=("+120255501##", "+4420794600##"))
    numbers = {Caller(behave, index).number() for index in range(500)}
    assert len(numbers) > 100
    assert all(n[:-2] in ("+120255501", "+4420794600") and n[-2:].isdigit() for n in numbers)
    assert Caller(behave, 3).number() == Caller(behave, 3).number()
    assert Caller(behaviour(numbers=()), 3).number() == ""
