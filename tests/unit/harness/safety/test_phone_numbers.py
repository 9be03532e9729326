"""Numbers of a live run: valid, no emergency numbers, premium-rate ones only where they are meant."""

import pytest

from busyhour.harness.safety.phone_numbers import objection


@pytest.mark.parametrize(
    "number",
    [
        *("+12025550101", "+18005550199", "+33112345678", "+4930123456", "+79031234567", "+8801712345678"),
        *("+442079460000", "+80012345678", "+61291234567", "+12029701234", "+442079760000"),
    ],
)
def test_an_ordinary_number_may_be_dialled(number: str) -> None:
    assert objection(number) == ""


@pytest.mark.parametrize(
    "number",
    [
        *("+19005550100", "+12029761234", "+449098765432", "+448712345678", "+447012345678", "+41900123456"),
        *("+883510000000091", "+882161234567", "+80812345678", "+979123456789", "+870773111632"),
        *("+878101234567890", "+881612345678"),
    ],
)
def test_a_premium_rate_number_may_be_dialled_where_it_is_listed_as_one(number: str) -> None:
    assert objection(number) == "is a premium-rate number"
    assert objection(number, premium=True) == ""


@pytest.mark.parametrize(
    ("number", "why"),
    [
        *((one, "is an emergency number") for one in ("+911", "+112", "+1911", "+44999", "+49112")),
        *(
            (one, "is not a valid telephone number")
            for one in ("+15555550100", "+1202555010", "+999123456789", "+12", "+123456")
        ),
        *(
            (one, "is not a number in E.164 form, + and up to 15 digits")
            for one in ("", "911", "+12025550101\n")
        ),
    ],
)
def test_the_word_premium_lets_no_other_number_through(number: str, why: str) -> None:
    assert objection(number) == objection(number, premium=True) == why
