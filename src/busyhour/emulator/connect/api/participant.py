"""The Participant Service: the customer's side of a chat. Its rates are limited per instance.

Tokens identify contact and participant; the emulator does not protect them. Websockets are not supported: their
URL is returned but does not work. Messages are stored with the contact; inputs of the simulated customer to a
flow's bot are not among them.
"""

from __future__ import annotations

import base64
import binascii
import sys
from functools import cache

import orjson

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.times import iso
from busyhour.emulator.connect.contacts.transcript import customer, say, token_of
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, InstanceRuntimes, Params
from busyhour.emulator.error_formats import rest_json_error
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.model.operations import OperationTable
from busyhour.emulator.model.paging import page_start, page_token
from busyhour.emulator.model.registry import Registered, operation, registered

_BEARER = "x-amz-bearer"
_DAY = 86_400.0


class ParticipantService:
    """Amazon Connect Participant Service of all instances."""

    names = ("execute-api",)

    def __init__(self, sites: InstanceRuntimes) -> None:
        self._sites = sites
        self._table = _operations()

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the supported operations."""
        return tuple(_handlers())

    def operation(self, request: Request) -> str:
        """Return the name of the operation of a request; empty without one."""
        found = self._table.find(request.method, request.path)
        return found[0] if found is not None else ""

    def handle(self, request: Request) -> Response:
        """Handle the request: route, find the chat by its token, throttle, check, execute."""
        found = self._table.find(request.method, request.path)
        if found is None or found[1] is None:
            what = found[0] if found is not None else f"{request.method} {request.path}"
            raise ApiError("UnknownOperationException", f"busyhour's emulator does not serve {what}.", 404)
        name, operation, values = found
        assert operation is not None
        bearer = "participant" if name == "CreateParticipantConnection" else "connection"
        site, contact = self._chat(request.headers.get(_BEARER, ""), bearer)
        if site.state.limits.admit("connect-participant", name, resource=site.instance.id) is not None:
            raise ApiError("ThrottlingException", "Too Many Requests", 429)
        params = operation.parse(request, values)
        return Response(200, orjson.dumps(_handlers()[name].run(site, contact, params)))

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as rest-json."""
        return rest_json_error(error, member="Message")

    def _chat(self, token: str, kind: str) -> tuple[InstanceRuntime, Contact]:
        """Return the chat of a token."""
        try:
            what, _, contact_id = base64.urlsafe_b64decode(token).decode().partition(":")
        except (ValueError, binascii.Error):
            what, contact_id = "", ""
        for site in self._sites:
            contact = site.contacts.store.get(contact_id) if what == kind else None
            if contact is not None and contact.channel == "CHAT":
                return site, contact
        raise ApiError("AccessDeniedException", "Access denied: the token is not valid.", 403)


@operation("CreateParticipantConnection")
def _create_connection(site: InstanceRuntime, contact: Contact, params: Params) -> Params:
    _alive(contact)
    expiry = iso(site.state.time() + _DAY)
    answer: Params = {}
    wanted = params.get("Type") or ["CONNECTION_CREDENTIALS"]
    if "CONNECTION_CREDENTIALS" in wanted:
        token = token_of("connection", contact)
        answer["ConnectionCredentials"] = {"ConnectionToken": token, "Expiry": expiry}
    if "WEBSOCKET" in wanted:
        answer["Websocket"] = {"Url": f"wss://127.0.0.1/{contact.id}", "ConnectionExpiry": expiry}
    return answer


@operation("SendMessage", "SendEvent")
def _send(site: InstanceRuntime, contact: Contact, params: Params) -> Params:
    _alive(contact)
    content = params.get("Content") or ""
    entry = say(contact, content, site.state.time(), params["ContentType"], **customer(contact))
    return {"Id": entry["Id"], "AbsoluteTime": entry["AbsoluteTime"]}


@operation("GetTranscript")
def _transcript(site: InstanceRuntime, contact: Contact, params: Params) -> Params:
    entries = list(contact.transcript or ())
    backward = params.get("ScanDirection", "BACKWARD") == "BACKWARD"
    if backward:
        entries.reverse()
    start = page_start(params.get("NextToken"), len(entries), "ValidationException")
    end = start + (params.get("MaxResults") or 15)
    chosen = entries[start:end]
    if backward != (params.get("SortOrder", "ASCENDING") == "DESCENDING"):
        chosen.reverse()
    token = {"NextToken": page_token(end)} if end < len(entries) else {}
    initial = contact.extra.get("InitialContactId") or contact.id
    return {"InitialContactId": initial, "Transcript": chosen, **token}


@operation("DisconnectParticipant")
def _disconnect(site: InstanceRuntime, contact: Contact, params: Params) -> Params:
    if contact.call is not None:
        contact.call.hang_up()
    return {}


def _alive(contact: Contact) -> None:
    if contact.sequence:
        raise ApiError("AccessDeniedException", "Access denied: the chat has ended.", 403)


@cache
def _handlers() -> dict[str, Registered]:
    return registered(sys.modules[__name__])


@cache
def _operations() -> OperationTable:
    return OperationTable(_handlers(), "connectparticipant", ("ValidationException", "ValidationException"))
