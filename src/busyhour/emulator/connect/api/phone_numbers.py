"""Phone numbers: claim, release, list, and the flow in which calls to a number begin.

The emulator has every requested number; SearchAvailablePhoneNumbers generates some, from the part of each
country's range that is reserved for fiction if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import NumberResource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

COUNTRIES = {
    "US": ("+1", "+1206555"),
    "CA": ("+1", "+1613555"),
    "GB": ("+44", "+442079460"),
    "DE": ("+49", "+4930231250"),
    "AU": ("+61", "+6128550"),
    "JP": ("+81", "+81350001"),
    "FR": ("+33", "+3319900"),
    "IE": ("+353", "+35312091"),
}
"""Country code: calling code, and the prefix of generated numbers."""
_SHOWN = 100
"""Available numbers that a search shows at most."""
_COOLDOWN = 180 * 86_400.0
"""Seconds for which a released number can be neither found nor claimed."""
_TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888", "+44800", "+49800")


@operation("ClaimPhoneNumber")
def claim(site: InstanceRuntime, params: Params) -> Params:
    """ClaimPhoneNumber, for an instance by ARN or id."""
    target = _target(site, params)
    number: str = params["PhoneNumber"]
    for other in site.sites:
        if other.instance.has_number(number):
            raise ApiError("InvalidParameterException", f"Phone number {number} is claimed already.", 400)
    quota = "connect.phone-numbers-per-instance"
    _check_released(target, number, quota)
    target.within(quota, len(target.instance.all(kinds.NUMBER)) + 1, "InvalidParameterException", 400)
    claimed = target.instance.claim(
        number, description=params.get("PhoneNumberDescription") or "", type=_type_of(number)
    )
    claimed.tags.update(params.get("Tags") or {})
    target.instance.strict_numbers = True
    return {"PhoneNumberId": claimed.id, "PhoneNumberArn": claimed.arn}


@operation("DescribePhoneNumber")
def describe(site: InstanceRuntime, params: Params) -> Params:
    """DescribePhoneNumber."""
    owner, number = site.sites.number(params["PhoneNumberId"])
    about = _summary(owner, number) | {"PhoneNumberStatus": {"Status": "CLAIMED"}, "Tags": number.tags}
    return {"ClaimedPhoneNumberSummary": about}


@operation("ReleasePhoneNumber")
def release(site: InstanceRuntime, params: Params) -> Params:
    """ReleasePhoneNumber."""
    owner, number = site.sites.number(params["PhoneNumberId"])
    owner.removed(number)
    site.sites.released[number.number] = site.state.time()
    return {}


@operation("UpdatePhoneNumber")
def move(site: InstanceRuntime, params: Params) -> Params:
    """UpdatePhoneNumber: moves the number to another instance."""
    owner, number = site.sites.number(params["PhoneNumberId"])
    target = _target(site, params)
    if target is not owner:
        owner.removed(number)
        number.flow = ""
        target.instance.add(number)
    return {"PhoneNumberId": number.id, "PhoneNumberArn": number.arn}


@operation("AssociatePhoneNumberContactFlow")
def associate(site: InstanceRuntime, params: Params) -> Params:
    """AssociatePhoneNumberContactFlow: sets the flow in which calls to the number begin."""
    number = site.find(kinds.NUMBER, params["PhoneNumberId"])
    number.flow = site.flow(params["ContactFlowId"]).id
    return {}


@operation("DisassociatePhoneNumberContactFlow")
def disassociate(site: InstanceRuntime, params: Params) -> Params:
    """DisassociatePhoneNumberContactFlow."""
    site.find(kinds.NUMBER, params["PhoneNumberId"]).flow = ""
    return {}


@operation("ListPhoneNumbersV2")
def list_v2(site: InstanceRuntime, params: Params) -> Params:
    """ListPhoneNumbersV2, of all instances or one."""
    wanted = params.get("TargetArn")
    instance = params.get("InstanceId")
    prefix = params.get("PhoneNumberPrefix") or "+"
    if not prefix.startswith("+"):
        raise ApiError("InvalidParameterException", f"PhoneNumberPrefix {prefix!r} must begin with +.")
    pairs = [
        (owner, number)
        for owner in site.sites
        if wanted in (None, owner.instance.arn) and instance in (None, owner.instance.id)
        for number in _chosen(owner.instance.numbers(), params)
        if number.number.startswith(prefix)
    ]
    chosen, token = page(pairs, params)
    return {"ListPhoneNumbersSummaryList": [_summary(*pair) for pair in chosen], **token}


@operation("ListPhoneNumbers")
def list_v1(site: InstanceRuntime, params: Params) -> Params:
    """ListPhoneNumbers of one instance."""
    chosen, token = page(_chosen(site.instance.numbers(), params), params)
    listed = [
        {
            "Id": number.id,
            "Arn": number.arn,
            "PhoneNumber": number.number,
            "PhoneNumberType": number.type,
            "PhoneNumberCountryCode": country(number.number),
        }
        for number in chosen
    ]
    return {"PhoneNumberSummaryList": listed, **token}


@operation("SearchAvailablePhoneNumbers")
def search_available(site: InstanceRuntime, params: Params) -> Params:
    """SearchAvailablePhoneNumbers: numbers that are not claimed."""
    _target(site, params)
    code, kind = params["PhoneNumberCountryCode"], params["PhoneNumberType"]
    if code not in COUNTRIES:
        raise ApiError(
            "InvalidParameterException",
            f"The emulator has no numbers of {code}; it has those of {', '.join(COUNTRIES)}.",
        )
    prefix = params.get("PhoneNumberPrefix") or COUNTRIES[code][1]
    claimed = {number.number for owner in site.sites for number in owner.instance.numbers()}
    claimed |= _cooling(site).keys()
    missing = max(4, 12 - len(prefix))
    made = (f"{prefix}{index:0{missing}d}" for index in range(10**missing))
    found = islice((number for number in made if number not in claimed), _SHOWN)
    chosen, token = page(found, params, 10)
    listed = [
        {"PhoneNumber": number, "PhoneNumberCountryCode": code, "PhoneNumberType": kind} for number in chosen
    ]
    return {"AvailableNumbersList": listed, **token}


def _cooling(site: InstanceRuntime) -> dict[str, float]:
    """Return the numbers that were released in the last 180 days, and forget the others."""
    since = site.state.time() - _COOLDOWN
    released = {number: at for number, at in site.sites.released.items() if at > since}
    site.sites.released = released
    return released


def _check_released(site: InstanceRuntime, number: str, quota: str) -> None:
    """Check that a number is not in its cooldown, and that not twice the quota was released (API reference, ReleasePhoneNumber).

    Raises:
        ApiError: InvalidParameterException; the reference names no error.
    """
    released = _cooling(site)
    if number in released:
        raise ApiError(
            "InvalidParameterException",
            f"Phone number {number} was released less than 180 days ago and cannot be claimed yet.",
        )
    if len(released) >= 2 * site.state.limits.applied(quota, site.scope):
        raise ApiError(
            "InvalidParameterException",
            "Numbers of 200 % of the quota were released in 180 days: no further one can be claimed.",
        )


def country(number: str) -> str:
    """Return the country of a number by its calling code; US if no row of the table matches."""
    return next((code for code, (calling, _) in COUNTRIES.items() if number.startswith(calling)), "US")


def _type_of(number: str) -> str:
    return "TOLL_FREE" if number.startswith(_TOLL_FREE) else "DID"


def _chosen(numbers: Iterable[NumberResource], params: Params) -> list[NumberResource]:
    kinds_wanted, countries = params.get("PhoneNumberTypes"), params.get("PhoneNumberCountryCodes")
    return [
        number
        for number in numbers
        if (not kinds_wanted or number.type in kinds_wanted)
        and (not countries or country(number.number) in countries)
    ]


def _target(site: InstanceRuntime, params: Params) -> InstanceRuntime:
    if params.get("TargetArn"):
        return site.sites.by_arn(params["TargetArn"])
    if params.get("InstanceId"):
        return site.sites.get(params["InstanceId"])
    raise ApiError("InvalidParameterException", "InstanceId or TargetArn is required.")


def _summary(owner: InstanceRuntime, number: NumberResource) -> Params:
    return {
        "PhoneNumberId": number.id,
        "PhoneNumberArn": number.arn,
        "PhoneNumber": number.number,
        "PhoneNumberCountryCode": country(number.number),
        "PhoneNumberType": number.type,
        "PhoneNumberDescription": number.description,
        "TargetArn": owner.instance.arn,
        "InstanceId": owner.instance.id,
    }
