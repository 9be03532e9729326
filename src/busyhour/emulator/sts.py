"""STS: the caller's identity, which clients and safety checks request first."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from busyhour.emulator.error_formats import query_error
from busyhour.emulator.messages import ApiError, Request, Response

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class AccountId(Protocol):
    """The part of the account that STS needs."""

    @property
    def account_id(self) -> str:
        """Twelve digits."""


class Sts:
    """GetCallerIdentity in the Query protocol.

    Args:
        account: the caller's account.
    """

    names = ("sts",)
    served = ("GetCallerIdentity",)

    def __init__(self, account: AccountId) -> None:
        self._account = account

    def operation_name(self, request: Request) -> str:
        """Return the name of the requested operation."""
        form = parse_qs((request.body or request.query.encode()).decode("utf-8", "replace"))
        return form.get("Action", [""])[0]

    def handle(self, request: Request) -> Response:
        """Handle the request."""
        action = self.operation_name(request)
        if action != "GetCallerIdentity":
            message = f"Could not find operation {action or '(none)'}: the emulator serves GetCallerIdentity."
            raise ApiError("InvalidAction", message)
        account = escape(self._account.account_id)
        body = (
            f'<GetCallerIdentityResponse xmlns="{_NAMESPACE}"><GetCallerIdentityResult>'
            f"<Arn>arn:aws:iam::{account}:user/busyhour</Arn><UserId>{escape(_user_id(request.access_key))}</UserId>"
            f"<Account>{account}</Account></GetCallerIdentityResult>"
            f"<ResponseMetadata><RequestId>{escape(request.request_id)}</RequestId></ResponseMetadata>"
            "</GetCallerIdentityResponse>"
        )
        return Response(200, body.encode(), "text/xml")

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as XML."""
        return query_error(error, request.request_id)


def _user_id(access_key: str) -> str:
    """Return a stable id for the user of the key, in AWS's form (AIDA and 17 more)."""
    letters = "".join(c for c in access_key.upper() if c.isalnum())
    return "AIDA" + (letters + "BUSYHOUREMULATOR0")[:17]
