"""A text of more than 6,000 characters fails in the call, written in the flow or computed."""

import pytest

from busyhour.flows.actions.messages import MAX_CHARACTERS
from busyhour.flows.contact import Contact

ERRORS = dict.fromkeys(("NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded"), "bye")


@pytest.mark.parametrize("key", ["Text", "SSML"])
@pytest.mark.parametrize(
    "type", ["MessageParticipant", "GetParticipantInput", "ConnectParticipantWithLexBot"]
)
@pytest.mark.parametrize("computed", [True, False])
@pytest.mark.parametrize("too_many", [0, 1])
def test_a_text_of_6001_characters_takes_the_error_branch(build, type, key, computed, too_many):
    text = "x" * (MAX_CHARACTERS + too_many)
    given = {key: "$.Attributes.long" if computed else text, "StoreInput": "False"}
    flow = build.flow(build.action("first", type, given, then="end", errors=ERRORS), build.say("bye"))
    live = build.call(flow, contact=Contact(attributes={"long": text}))
    assert live.start().text == ("bye" if too_many else text)
    assert [one.detail for one in live.failures] == (
        ["the text has 6,001 characters; at most 6,000 are spoken"] if too_many else []
    )


def test_looped_prompts_with_a_text_too_long_take_their_error_branch(build):
    given = {"Messages": [{"Text": "x" * (MAX_CHARACTERS + 1)}]}
    loop = build.action("first", "MessageParticipantIteratively", given, errors=ERRORS)
    assert build.call(build.flow(loop, build.say("bye"))).start().text == "bye"
