"""How long prompts take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.flows.prompts import Speech, spoken

SPEECH = Speech(
    characters_per_second=10.0, wide_characters_per_second=5.0, spelled_seconds=1.0, pause_seconds=0.5
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("ten chars.", 1.0, id="plain"),
        pytest.param("", 0.0, id="empty"),
        pytest.param("お電話です", 1.0, id="characters without spaces are slower"),
    ],
)
def test_text(text, seconds):
    assert SPEECH.text(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("ssml", "seconds"),
    [
        pytest.param("<speak>ten chars.</speak>", 1.0, id="markup is not spoken"),
        pytest.param('<speak>a<break time="1.5s"/></speak>', 1.6, id="break in seconds"),
        pytest.param('<break time="250ms"/>', 0.25, id="break in milliseconds"),
        pytest.param("<break/>", 0.5, id="break alone"),
        pytest.param('<break strength="x-strong"/>', 1.5, id="break by strength"),
        pytest.param('<prosody rate="50%">ten chars.</prosody>', 2.0, id="half the rate"),
        pytest.param('<prosody rate="+100%">ten chars.</prosody>', 0.5, id="relative rate"),
        pytest.param('<prosody rate="fast">ten chars.</prosody>', 0.8, id="named rate"),
        pytest.param('<prosody volume="loud">ten chars.</prosody>ten chars.', 2.0, id="volume takes no time"),
        pytest.param(
            '<prosody rate="50%"><prosody pitch="high">ten chars.</prosody></prosody>ten chars.',
            3.0,
            id="nested",
        ),
        pytest.param('<say-as interpret-as="digits">123</say-as>', 3.0, id="spelled out"),
        pytest.param('<say-as interpret-as="date">ten chars.</say-as>', 1.0, id="said as a date"),
        pytest.param("<p>ten chars.</p>", 1.5, id="paragraph"),
        pytest.param('<audio src="a.wav"/>', 7.0, id="audio of given length"),
        pytest.param('<audio src="b.wav"/>', 5.0, id="audio of unknown length"),
        pytest.param("Fish &amp; chip", 1.1, id="entities are one character"),
        pytest.param('<prosody rate="0%">a</prosody>', 0.5, id="no rate is below a fifth"),
        pytest.param("</prosody></say-as>ten chars.", 1.0, id="closed but never opened"),
    ],
)
def test_ssml(ssml, seconds):
    assert SPEECH.ssml(ssml, {"a.wav": 7.0}) == pytest.approx(seconds)


@given(st.text(alphabet="<>/ab =\"'%s1p&;", max_size=40))
def test_any_markup_has_a_finite_length(text):
    assert 0.0 <= SPEECH.ssml(f"<speak>{text}<prosody rate='{text}'>x") < 1000.0


def test_words_of_markup():
    assert spoken('<speak>Hello <break time="1s"/>you &amp; me</speak>') == "Hello you & me"


@pytest.mark.parametrize("given_name", ["arn:x/prompt/p1", "p1", "Beep.wav"])
def test_a_recording_is_found_by_arn_id_or_name(given_name):
    assert SPEECH.recording({given_name: 12.0}, "arn:x/prompt/p1", "Beep.wav") == 12.0
    assert SPEECH.recording({}, "arn:x/prompt/p1") == SPEECH.recording_seconds


@pytest.mark.parametrize(
    ("parameters", "text", "seconds"),
    [
        pytest.param({"Text": "x" * 30}, "x" * 30, 2.0, id="text"),
        pytest.param({"SSML": '<speak>Hi<break time="2s"/></speak>'}, "Hi", 2 + 2 / 15, id="ssml"),
        pytest.param({"PromptId": "arn:x/prompt/p1"}, "[p1]", 9.0, id="recording"),
        pytest.param({"Media": {"Uri": "https://bucket/hello.wav"}}, "[hello.wav]", 5.0, id="audio file"),
    ],
)
def test_prompts_of_a_flow(build, parameters, text, seconds):
    flow = build.flow(build.action("p", "MessageParticipant", parameters, then="end"))
    effect = build.call(flow, prompt_seconds={"p1": 9.0}).start()
    assert (effect.text, effect.seconds) == (text, pytest.approx(seconds))


def test_the_length_of_an_action_can_be_given(build):
    flow = build.flow(build.say("welcome", text="Hello $.Attributes.name"))
    assert build.call(flow, prompt_seconds={"welcome": 4.0}).start().seconds == 4.0
