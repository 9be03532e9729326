"""What CreateUser asks for by the identity management of the instance.

API reference, CreateUser: "A password is required if you are using Amazon Connect for identity management. Otherwise, it
is an error to include a password"; DirectoryUserId and Email are errors with SAML; FirstName and LastName are required
without an existing directory. The reference names no error: InvalidRequestException here, as for other conditions
between members.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.emulator.messages import ApiError

CONNECT_MANAGED = "CONNECT_MANAGED"
_SAML = "SAML"


def check_user(params: Mapping[str, Any], management: str) -> None:
    """Check the request of CreateUser against the instance's IdentityManagementType.

    Raises:
        ApiError: InvalidRequestException that names the member.
    """
    identity = params.get("IdentityInfo") or {}
    if management == CONNECT_MANAGED and not params.get("Password"):
        raise _refused("Password is required when Amazon Connect manages identities.")
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


def _refused(text: str) -> ApiError:
    return ApiError("InvalidRequestException", text)
