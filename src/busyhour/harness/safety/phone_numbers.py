"""Telephone numbers of a live run: valid ones, no emergency numbers, and no premium ones that are not listed as such.

Numbering plans are those of libphonenumber (phonenumbers).
"""

from __future__ import annotations

import re

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_COSTLY_CODES = frozenset({870, 878, 881, 882, 883, 979})
"""Country codes of satellite, personal and international premium-rate numbers."""
_LONGEST_SHORT_NUMBER = 6


def objection(number: str, *, premium: bool = False) -> str:
    """Return why `number` may not be dialled, as the end of a sentence; empty if it may.

    Args:
        number: E.164.
        premium: whether the scenario lists it with the word `premium`.
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType

    if not _E164.fullmatch(number):
        return "is not a number in E.164 form, + and up to 15 digits"
    if _is_emergency(number[1:]):
        return "is an emergency number"
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "is not a valid telephone number"
    national = phonenumbers.national_significant_number(parsed)
    if _is_emergency(national):
        return "is an emergency number"
    costly = phonenumbers.number_type(parsed) in (
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
    )
    costly = costly or parsed.country_code in _COSTLY_CODES
    # 976 is the premium-rate exchange of every area code of North America; libphonenumber has no type for it.
    costly = costly or (parsed.country_code == 1 and national[3:6] == "976")
    if not phonenumbers.is_valid_number(parsed):
        return "is not a valid telephone number"
    return "is a premium-rate number" if costly and not premium else ""


def _is_emergency(digits: str) -> bool:
    """Whether digits are an emergency number anywhere."""
    from phonenumbers import shortnumberinfo

    return len(digits) <= _LONGEST_SHORT_NUMBER and any(
        shortnumberinfo.is_emergency_number(digits, region)
        for region in shortnumberinfo.SUPPORTED_SHORT_REGIONS
    )
