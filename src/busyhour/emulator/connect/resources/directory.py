"""Members and names of a user that CreateUser requires for each identity management, and one setting of each channel.

A missing password is refused as InvalidRequestException, "Required parameter missing: Password" (seen of the service, public
notes). API reference, CreateUser: "A password is required if you are using Amazon Connect for identity management. Otherwise, it
is an error to include a password"; DirectoryUserId and Email are errors with SAML; FirstName and LastName are required
without an existing directory. The reference names no error: InvalidRequestException here, as for other conditions
between members. User names have up to 20 characters, with SAML up to 64 of a set, and an @ only as in an e-mail address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from busyhour.emulator.messages import ApiError

CONNECT_MANAGED = "CONNECT_MANAGED"
_SAML = "SAML"
_SAML_NAME = re.compile(r"[a-zA-Z0-9_\-.@\\]+")
_LONGEST = {True: 64, False: 20}
"""Characters of a user name, with SAML and without."""
_EMAIL = re.compile(r"[^@]+@[^@]+\.[^@.]+")
_LONGEST_WORK = 2_000_000
"""Seconds of after contact work at most."""
_OF_CHANNELS = {
    "AutoAccept": "AutoAcceptConfigs",
    "AfterContactWorkTimeLimit": "AfterContactWorkConfigs",
    "PhoneType": "PhoneNumberConfigs",
    "DeskPhoneNumber": "PhoneNumberConfigs",
    "PersistentConnection": "PersistentConnectionConfigs",
}
"""Members of PhoneConfig, each with the setting by channel that excludes it."""


def check_user(params: Mapping[str, Any], management: str) -> None:
    """Check the request of CreateUser against the instance's IdentityManagementType.

    Raises:
        ApiError: InvalidRequestException that names the member.
    """
    identity = params.get("IdentityInfo") or {}
    _check_name(params["Username"], management)
    check_phone(params)
    if management == CONNECT_MANAGED and not params.get("Password"):
        raise _refused("Required parameter missing: Password")
    if management != CONNECT_MANAGED and params.get("Password"):
        raise _refused(f"Password must not be set: the instance's identity management is {management}.")
    if management == _SAML and params.get("DirectoryUserId"):
        raise _refused("DirectoryUserId must not be set with SAML.")
    if management == _SAML and identity.get("Email"):
        raise _refused("IdentityInfo.Email must not be set with SAML; the user name is the e-mail address.")
    if management in (CONNECT_MANAGED, _SAML):
        for member in ("FirstName", "LastName"):
            if not identity.get(member):
                raise _refused(f"IdentityInfo.{member} is required with {management}.")


def _check_name(name: str, management: str) -> None:
    longest = _LONGEST[management == _SAML]
    if len(name) > longest:
        raise _invalid(
            f"Username must have at most {longest} characters with {management}; it has {len(name)}."
        )
    if management == _SAML and _SAML_NAME.fullmatch(name) is None:
        raise _invalid(f"Username {name!r} must have only letters, digits and _-.@ with SAML.")
    if "@" in name and _EMAIL.fullmatch(name) is None:
        raise _invalid(f"Username {name!r} can include @ only in the format of an e-mail address.")


def check_phone(params: Mapping[str, Any]) -> None:
    """Check the settings of an agent's phone, of CreateUser and UpdateUserPhoneConfig.

    Raises:
        ApiError: InvalidParameterException: after contact work of more than 2,000,000 seconds; InvalidRequestException: a member
            of PhoneConfig beside the setting by channel that replaces it.
    """
    phone = params.get("PhoneConfig") or {}
    if (phone.get("AfterContactWorkTimeLimit") or 0) > _LONGEST_WORK:
        raise _invalid(f"AfterContactWorkTimeLimit must be at most {_LONGEST_WORK} seconds.")
    for member, replaced in _OF_CHANNELS.items():
        if phone.get(member) is not None and params.get(replaced):
            raise _refused(f"PhoneConfig.{member} and {replaced} cannot be set together.")


def _invalid(text: str) -> ApiError:
    return ApiError("InvalidParameterException", text)


def _refused(text: str) -> ApiError:
    return ApiError("InvalidRequestException", text)
