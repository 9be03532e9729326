"""Keys at an input, pressed one after another: AWS's pages on storing input and on the touchtone buffer."""

import pytest

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.protocol.keypad import pressed, read

STORE = {"Text": "Enter", "StoreInput": "True", "InputTimeLimitSeconds": "5"}
ON, OFF = {"EnableDTMFBuffer": "True"}, {"EnableDTMFBuffer": "False"}


def store(build, keys, *, maximum="8", **dtmf):
    parameters = {**STORE, "InputValidation": {"CustomValidation": {"MaximumLength": maximum}}}
    parameters["DTMFConfiguration"] = dtmf
    call = build.call(build.flow(build.action("ask", "GetParticipantInput", parameters, then="end")))
    build.run(call, p.Digits(keys))
    return call.stored_input


def asked(maximum=20, terminator="", *, cancel=True, entered=""):
    return p.Collect(
        "ask", "Enter", 1.0, 5.0, False, (), maximum, terminator, 5.0, cancel_key=cancel, entered=entered
    )


@pytest.mark.parametrize(
    ("keys", "dtmf", "stored"),
    [
        ("1004#", {}, "1004"),
        ("1004", {}, "1004"),
        ("12345678#", {}, "12345678"),
        ("123456789", {}, "12345678"),
        ("12*34#", {}, "34"),
        ("12*34#", {"DisableCancelKey": "False"}, "34"),
        ("12*34#", {"DisableCancelKey": "True"}, "12*34"),
        ("12#34*9", {"DisableCancelKey": "True", "InputTerminationSequence": "*9"}, "12#34"),
        ("12#34", {"InputTerminationSequence": "##"}, "12#34"),
        ("1#2##9", {"InputTerminationSequence": "##"}, "1#2"),
        ("1239876512", {"InputTerminationSequence": "98765"}, "123"),
        ("12*", {}, "Timeout"),
        ("#", {}, "Timeout"),
        ("1#2", {}, "1"),
    ],
)
def test_terminator_and_cancel_key_are_keys_and_not_stored(build, keys, dtmf, stored):
    assert store(build, keys, **dtmf) == stored


def test_of_an_overlapping_end_the_last_counts_as_in_aws_example(build):
    dtmf = {"DisableCancelKey": "True", "InputTerminationSequence": "##"}
    assert store(build, "1#2#3*4###", maximum="20", **dtmf) == "1#2#3*4#"


@pytest.mark.parametrize(
    ("effect", "keys", "event", "seconds"),
    [
        pytest.param(asked(), "12#", p.Digits("12#"), 1 + 2 * 0.4, id="terminator"),
        pytest.param(asked(2), "12", p.Digits("12"), 1 + 0.4, id="full"),
        pytest.param(asked(2), "123#", p.Digits("12", "3#"), 1 + 0.4, id="full before the terminator"),
        pytest.param(asked(), "12", p.Digits("12"), 1 + 0.4 + 5, id="nothing follows"),
        pytest.param(asked(), "12,,,,,,,34#", p.Digits("12", "34#"), 1 + 0.4 + 5, id="too long a pause"),
        pytest.param(asked(), "12,34#", p.Digits("1234#"), 1 + 4 * 0.4 + 0.75, id="pause"),
        pytest.param(asked(), ",,,,,,1", p.Silence(), 5.0, id="too late"),
        pytest.param(asked(), "", p.Silence(), 5.0, id="no key"),
    ],
)
def test_an_input_is_over_with_a_key_that_ends_it_or_after_the_time_between_keys(
    effect, keys, event, seconds
):
    assert pressed(effect, keys, 1.0) == (event, pytest.approx(seconds))


def test_a_menu_takes_one_key_and_every_key_is_one():
    menu = p.Collect("m", "Press", 1.0, 5.0, True, ("1",))
    assert pressed(menu, "12", 2.0) == (p.Digits("1", "2"), 2.0)
    assert [read(menu, key).digits for key in "5*#"] == ["5", "*", "#"]


def ahead(build, *middle, start=ON):
    """Build a call of a switch, a menu, anything, and an input of at most four digits."""
    names = [f"m{number}" for number in range(len(middle))] + ["number"]
    number = {**STORE, "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}}
    actions = [
        build.action("switch", "GetParticipantInput", start, then="menu"),
        build.action(
            "menu",
            "GetParticipantInput",
            {"Text": "Press", "StoreInput": "False", "InputTimeLimitSeconds": "5"},
            when={"5": names[0]},
            errors={"NoMatchingError": "end", "NoMatchingCondition": "end", "InputTimeLimitExceeded": "end"},
        ),
        *(
            build.action(name, *one, then=following)
            for name, one, following in zip(names, middle, names[1:], strict=False)
        ),
        build.action("number", "GetParticipantInput", number, then="end"),
    ]
    return build.call(build.flow(*actions))


def test_keys_pressed_ahead_answer_the_next_inputs_without_their_prompts(build):
    call = ahead(build)
    call.start()
    ended = call.send(p.Digits("5", "1234"))
    assert isinstance(ended, p.Ended)
    assert call.stored_input == "1234"


def test_without_the_buffer_keys_pressed_ahead_are_lost(build):
    call = ahead(build, start=OFF)
    call.start()
    effect = call.send(p.Digits("5", "1234"))
    assert isinstance(effect, p.Collect)
    assert effect.entered == ""


def test_an_input_begun_ahead_goes_on_after_its_prompt(build):
    call = ahead(build)
    call.start()
    effect = call.send(p.Digits("5", "12"))
    assert (effect.entered, effect.timeout_seconds) == ("12", 5.0)
    call.send(p.Digits("3#"))
    assert call.stored_input == "123"


def test_an_input_begun_ahead_and_left_is_taken_as_it_is(build):
    call = ahead(build)
    call.start()
    call.send(p.Digits("5", "12"))
    call.send(p.Silence())
    assert call.stored_input == "12"


def test_a_terminator_in_the_buffer_ends_the_input(build):
    call = ahead(build)
    call.start()
    assert isinstance(call.send(p.Digits("5", "12#")), p.Ended)
    assert call.stored_input == "12"


def test_a_prompt_is_skipped_by_keys_ahead_only_where_the_flow_says_so(build):
    for flag, kind in (("true", p.Ended), ("false", p.Play)):
        call = ahead(build, ("MessageParticipant", {"Text": "Welcome", "SkipWhenDTMFBufferEnabled": flag}))
        call.start()
        assert isinstance(call.send(p.Digits("5", "1234")), kind)


def test_keys_pressed_while_a_prompt_plays_are_kept_where_the_buffer_is_on(build):
    for start, kept in ((ON, "12"), (OFF, "")):
        call = ahead(build, ("MessageParticipant", {"Text": "Welcome"}), start=start)
        call.start()
        prompt = call.send(p.Digits("5"))
        assert (type(prompt), prompt.buffered) == (p.Play, start is ON)
        assert call.send(p.Done(keys="12")).entered == kept
    call = ahead(build, ("MessageParticipant", {"Text": "Welcome"}))
    call.start()
    call.send(p.Digits("5"))
    assert isinstance(call.send(p.Done(keys="1234")), p.Ended)
    assert call.stored_input == "1234"


def test_the_buffer_keeps_thirty_keys_and_is_emptied_when_it_is_stopped(build):
    call = ahead(build)
    call.start()
    call.send(p.Digits("5", "1" * 40))
    assert (call.stored_input, call.keys) == ("1111", "1" * 26)
    stopped = ahead(build, ("GetParticipantInput", {**OFF, "StoreInput": "True"}))
    stopped.start()
    effect = stopped.send(p.Digits("5", "12"))
    assert (stopped.stored_input, effect.entered, stopped.keys) == ("12", "", None)


def test_a_bot_and_a_queue_empty_the_buffer(build):
    bot = ("ConnectParticipantWithLexBot", {"Text": "Say", "LexV2Bot": {"AliasArn": "bot"}})
    call = ahead(build, bot)
    call.start()
    assert isinstance(call.send(p.Digits("5", "12")), p.Converse)
    assert call.keys == ""


def test_only_voice_has_keys(build):
    flow = build.flow(
        build.action("s", "GetParticipantInput", ON, then="end", errors={"NoMatchingError": "end"})
    )
    call = build.call(flow, contact=Contact(channel="CHAT"))
    call.start()
    assert call.keys is None
