"""STS: who am I. Clients and safety checks ask before anything else."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from busyhour.emulator.error_formats import query_error
from busyhour.emulator.messages import ApiError, Request, Response

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class AccountId(Protocol):
    """What STS needs to know of the account."""

    @property
    def account_id(self) -> str:
        """Twelve digits."""


class Sts:
    """GetCallerIdentity in the Query protocol.

    Args:
        account: whose account the caller is in.
    """

    names = ("sts",)
    served = ("GetCallerIdentity",)

    def __init__(self, account: AccountId) -> None:
        self._account = account

    def operation_name(self, request: Request) -> str:
        """Name of the operation that is asked for."""
        form = parse_qs((request.body or request.query.encode()).decode("utf-8", "replace"))
        return form.get("Action", [""])[0]

    def handle(self, request: Request) -> Response:
        """Answer the request."""
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
        """`error` as XML."""
        return query_error(error, request.request_id)


def _user_id(access_key: str) -> str:
    """A stable id of the user that the key belongs to, shaped as AWS's (AIDA and 17 more)."""
    letters = "".join(c for c in access_key.upper() if c.isalnum())
    return "AIDA" + (letters + "BUSYHOUREMULATOR0")[:17]
