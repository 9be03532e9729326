"""Connect over HTTP: one method for each operation that the emulator serves."""

from __future__ import annotations

import base64
import binascii
import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import orjson

from busyhour.emulator.connect.contact import Contact, described
from busyhour.emulator.connect.content import Validator, read_content
from busyhour.emulator.connect.current import current_metric_data
from busyhour.emulator.connect.destinations import Destinations
from busyhour.emulator.connect.lifecycle import Placed, VoiceContacts
from busyhour.emulator.connect.outbound import ClientTokens, check_attributes, check_campaign
from busyhour.emulator.connect.policy import ConnectPolicy, OverQuota
from busyhour.emulator.connect.resources import FlowResource, Instance
from busyhour.emulator.protocols import rest_json_error
from busyhour.emulator.rest_operations import OperationTable
from busyhour.emulator.state import EmulatorState
from busyhour.emulator.wire import ApiError, Request, Response

Params = dict[str, Any]
_FLOWS = "L-22922690"
_FOUND = (
    *("Arn", "Id", "InitiationMethod", "Channel", "QueueInfo", "AgentInfo", "InitiationTimestamp"),
    *("DisconnectTimestamp", "SegmentAttributes", "Name"),
)
"""What SearchContacts tells of a contact."""


class ConnectService:
    """The Connect API of one instance.

    Args:
        state: shared state of the emulator.
        instance: flows, queues, numbers.
        contacts: the voice contacts.
        policy: what AWS leaves open.
        destinations: numbers that may be called.
        validator: a stricter check of flow content than the emulator's own, or None.
    """

    names = ("connect",)

    def __init__(
        self,
        state: EmulatorState,
        instance: Instance,
        contacts: VoiceContacts,
        policy: ConnectPolicy,
        destinations: Destinations,
        validator: Validator | None = None,
    ) -> None:
        self._state = state
        self._instance = instance
        self._contacts = contacts
        self._policy = policy
        self._destinations = destinations
        self._validator = validator
        self.tokens = ClientTokens(policy.token_seconds, policy.tokens_kept)
        self._table = _operations()

    # --------------------------------------------------------------------------------------------- wire

    def handle(self, request: Request) -> Response:
        """Answer the request: route, throttle, check, do."""
        found = self._table.find(request.method, request.path)
        if found is None:
            raise ApiError(
                "UnknownOperationException",
                f"{request.method} {request.path} is no operation of Connect.",
                404,
            )
        name, operation, values = found
        at = self._state.time()
        bound = self._state.limits.admit("connect", name)
        self._contacts.metrics.api_call(name, at, throttled=bound is not None)
        if bound is not None:
            raise ApiError(self._policy.throttle_code, "Too Many Requests", 429)
        if operation is None:
            raise ApiError("UnknownOperationException", f"busyhour's emulator does not serve {name}.", 404)
        params = operation.parse(request, values)
        if "InstanceId" in params and params["InstanceId"] != self._state.account.instance_id:
            raise ApiError(
                "ResourceNotFoundException", "The specified resource was not found: InstanceId.", 404
            )
        return Response(200, orjson.dumps(_HANDLERS[name](self, params)))

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the operations that are answered."""
        return tuple(_HANDLERS)

    def operation(self, request: Request) -> str:
        """Name of the operation that a request means; empty where it means none."""
        found = self._table.find(request.method, request.path)
        return found[0] if found is not None else ""

    def error_response(self, error: ApiError, request: Request) -> Response:
        """`error` as rest-json; the message member as Connect's model spells it."""
        if error.code == "InvalidContactFlowException":
            problems = error.fields["problems"]
            body = orjson.dumps({"problems": [{"message": text} for text in problems]})
            return Response(error.status, body, headers={"x-amzn-errortype": error.code})
        unmodelled = error.code in (
            "TooManyRequestsException",
            "UnknownOperationException",
            "InternalFailure",
        )
        return rest_json_error(error, member="message" if unmodelled else "Message")

    # ----------------------------------------------------------------------------------------- contacts

    def start_outbound_voice_contact(self, params: Params) -> Params:
        """StartOutboundVoiceContact."""
        contacts, at = self._contacts, self._state.time()
        flow = self._flow(params["ContactFlowId"])
        attributes: Mapping[str, str] = params.get("Attributes") or {}
        check_attributes(attributes)
        traffic = check_campaign(params)
        system = self._source(params)
        number: str = params["DestinationPhoneNumber"]
        if not self._destinations.allows(number):
            raise ApiError(
                "DestinationNotAllowedException",
                "Outbound calls to the destination number are not allowed.",
                403,
            )
        token: str = params.get("ClientToken") or ""
        if token:
            known = self.tokens.find(token, at)
            if known is not None:
                return {"ContactId": known}
        if self._policy.over_quota is OverQuota.LIMIT_EXCEEDED and not contacts.has_room(traffic):
            raise ApiError(
                "LimitExceededException", "The allowed limit for the resource has been exceeded.", 429
            )
        contact = contacts.begin(
            Placed(
                flow=flow,
                method="API",
                customer=number,
                system=system,
                attributes=attributes,
                traffic=traffic,
                ring_timeout=params.get("RingTimeoutInSeconds"),
                queue=self._queue_arn(params.get("QueueId")),
                extra=_extra(params),
            )
        )
        if token:
            self.tokens.remember(token, contact.id, at)
        return {"ContactId": contact.id}

    def stop_contact(self, params: Params) -> Params:
        """StopContact."""
        contact = self._contact(params["ContactId"])
        if contact.sequence:
            raise ApiError("ContactNotFoundException", "The contact is no longer active.", 410)
        self._contacts.stop(contact, (params.get("DisconnectReason") or {}).get("Code") or "API")
        return {}

    def describe_contact(self, params: Params) -> Params:
        """DescribeContact."""
        contact = self._contact(params["ContactId"])
        return {"Contact": self._described(contact)}

    def get_contact_attributes(self, params: Params) -> Params:
        """GetContactAttributes."""
        return {"Attributes": self._contact(params["InitialContactId"]).current_attributes()}

    def update_contact_attributes(self, params: Params) -> Params:
        """UpdateContactAttributes: adds and replaces; also on a contact that has ended."""
        contact = self._contact(params["InitialContactId"])
        merged = {**contact.current_attributes(), **params["Attributes"]}
        check_attributes(merged)
        contact.update_attributes(params["Attributes"])
        return {}

    def search_contacts(self, params: Params) -> Params:
        """SearchContacts: by time of initiation or disconnect, channel, initiation method and queue."""
        span = params["TimeRange"]
        field = {"INITIATION_TIMESTAMP": "initiated", "DISCONNECT_TIMESTAMP": "ended"}.get(span["Type"])
        if field is None:
            raise ApiError("InvalidParameterException", f"TimeRange.Type {span['Type']} is not served.")
        start, end = _epoch(span["StartTime"]), _epoch(span["EndTime"])
        if not start <= end:
            raise ApiError(
                "InvalidParameterException", "TimeRange.StartTime must be before TimeRange.EndTime."
            )
        criteria = params.get("SearchCriteria") or {}
        unknown = set(criteria) - {"Channels", "InitiationMethods", "QueueIds"}
        if unknown:
            raise ApiError("InvalidParameterException", f"SearchCriteria.{sorted(unknown)[0]} is not served.")
        queues = {self._queue_name(reference) for reference in criteria.get("QueueIds") or ()}
        found = [
            contact
            for contact in self._contacts.store.recent()
            if (moment := getattr(contact, field)) is not None
            and start <= moment <= end
            and "VOICE" in (criteria.get("Channels") or ("VOICE",))
            and contact.method in (criteria.get("InitiationMethods") or (contact.method,))
            and (not queues or contact.queue in queues)
        ]
        page, token = _page(found, params, 100)
        contacts = []
        for contact in page:
            info = self._described(contact)
            contacts.append({name: info[name] for name in _FOUND if name in info})
        return {"Contacts": contacts, "TotalCount": len(found), **token}

    # -------------------------------------------------------------------------------------------- flows

    def list_contact_flows(self, params: Params) -> Params:
        """ListContactFlows."""
        kinds = params.get("ContactFlowTypes")
        flows = [flow for flow in self._instance.flows() if flow.type != "MODULE"]
        page, token = _page([flow for flow in flows if not kinds or flow.type in kinds], params, 100)
        summaries = [
            {
                "Id": flow.id,
                "Arn": flow.arn,
                "Name": flow.name,
                "ContactFlowType": flow.type,
                "ContactFlowState": "ACTIVE",
                "ContactFlowStatus": flow.status,
            }
            for flow in page
        ]
        return {"ContactFlowSummaryList": summaries, **token}

    def describe_contact_flow(self, params: Params) -> Params:
        """DescribeContactFlow."""
        flow = self._flow(params["ContactFlowId"])
        return {
            "ContactFlow": {
                "Arn": flow.arn,
                "Id": flow.id,
                "Name": flow.name,
                "Type": flow.type,
                "State": "ACTIVE",
                "Status": flow.status,
                "Description": flow.description,
                "Content": flow.content,
                "Tags": flow.tags,
                "FlowContentSha256": flow.sha256,
                "LastModifiedTime": flow.modified,
                "LastModifiedRegion": self._state.account.region,
            }
        }

    def create_contact_flow(self, params: Params) -> Params:
        """CreateContactFlow."""
        name: str = params["Name"]
        if self._instance.flow_named(name) is not None:
            raise ApiError("DuplicateResourceException", f"A contact flow named {name!r} exists.", 409)
        limits = self._state.limits
        count = sum(1 for _ in self._instance.flows()) + 1
        limits.use(_FLOWS, count)
        if count > limits.applied(_FLOWS):
            limits.reject(_FLOWS)
            raise ApiError(
                "LimitExceededException", "The allowed limit for the resource has been exceeded.", 429
            )
        flow = self._valid(params["Content"], name, params["Type"], params.get("Status") or "PUBLISHED")
        resource = self._instance.add_flow(
            flow,
            params["Content"],
            self._state.time(),
            description=params.get("Description") or "",
            status=params.get("Status") or "PUBLISHED",
            tags=params.get("Tags") or {},
        )
        self._contacts.flows_changed()
        return {
            "ContactFlowId": resource.id,
            "ContactFlowArn": resource.arn,
            "FlowContentSha256": resource.sha256,
        }

    def update_contact_flow_content(self, params: Params) -> Params:
        """UpdateContactFlowContent: contacts that begin from now on run the new content."""
        resource = self._flow(params["ContactFlowId"])
        flow = self._valid(params["Content"], resource.name, resource.type, resource.status)
        resource.flow = replace(flow, arn=resource.flow.arn, path=resource.flow.path)
        resource.content, resource.modified = params["Content"], self._state.time()
        self._contacts.flows_changed()
        return {}

    def _valid(self, content: str, name: str, kind: str, status: str) -> Any:
        flow, problems = read_content(content, name, kind)
        if not problems and status == "PUBLISHED" and self._validator is not None:
            problems = self._validator(content)
        if flow is None or (problems and status == "PUBLISHED"):
            raise ApiError("InvalidContactFlowException", "The flow is not valid.", 400, problems=problems)
        return flow

    # ------------------------------------------------------------------------- instance, queues, metrics

    def get_current_metric_data(self, params: Params) -> Params:
        """GetCurrentMetricData."""
        contacts = self._contacts
        now = contacts.centre.clock.now()
        return current_metric_data(contacts, self._instance, params, now, self._state.time())

    def list_queues(self, params: Params) -> Params:
        """ListQueues."""
        kinds = params.get("QueueTypes")
        queues = [] if kinds and "STANDARD" not in kinds else list(self._instance.queues())
        page, token = _page(queues, params, 100)
        listed = [{"Id": q.id, "Arn": q.arn, "Name": q.name, "QueueType": "STANDARD"} for q in page]
        return {"QueueSummaryList": listed, **token}

    def describe_queue(self, params: Params) -> Params:
        """DescribeQueue."""
        queue = self._instance.queue(params["QueueId"])
        if queue is None:
            raise ApiError("ResourceNotFoundException", "The specified resource was not found: QueueId.", 404)
        return {
            "Queue": {"Name": queue.name, "QueueArn": queue.arn, "QueueId": queue.id, "Status": "ENABLED"}
        }

    def describe_instance(self, params: Params) -> Params:
        """DescribeInstance."""
        return {"Instance": self._about_instance()}

    def list_instances(self, params: Params) -> Params:
        """ListInstances."""
        return {"InstanceSummaryList": [self._about_instance()]}

    def list_phone_numbers_v2(self, params: Params) -> Params:
        """ListPhoneNumbersV2."""
        account = self._state.account
        target = params.get("TargetArn")
        prefix = params.get("PhoneNumberPrefix") or ""
        kinds = params.get("PhoneNumberTypes")
        numbers = [
            number
            for number in self._instance.numbers()
            if target in (None, account.instance_arn)
            and number.number.lstrip("+").startswith(prefix.lstrip("+"))
            and (not kinds or "DID" in kinds)
        ]
        page, token = _page(numbers, params, 100)
        listed = [
            {
                "PhoneNumberId": number.id,
                "PhoneNumberArn": number.arn,
                "PhoneNumber": number.number,
                "PhoneNumberType": "DID",
                "TargetArn": account.instance_arn,
                "InstanceId": account.instance_id,
            }
            for number in page
        ]
        return {"ListPhoneNumbersSummaryList": listed, **token}

    def _about_instance(self) -> Params:
        account = self._state.account
        return {
            "Id": account.instance_id,
            "Arn": account.instance_arn,
            "IdentityManagementType": "CONNECT_MANAGED",
            "InstanceAlias": account.alias,
            "CreatedTime": self._instance.created,
            "ServiceRole": f"arn:aws:iam::{account.account_id}:role/aws-service-role/connect.amazonaws.com/emulator",
            "InstanceStatus": "ACTIVE",
            "InboundCallsEnabled": True,
            "OutboundCallsEnabled": True,
        }

    # -------------------------------------------------------------------------------------------- parts

    def _flow(self, reference: str) -> FlowResource:
        flow = self._instance.flow(reference)
        if flow is None:
            raise ApiError(
                "ResourceNotFoundException", "The specified resource was not found: ContactFlowId.", 404
            )
        return flow

    def _contact(self, contact_id: str) -> Contact:
        contact = self._contacts.store.get(contact_id)
        if contact is None:
            raise ApiError(
                "ResourceNotFoundException", "The specified resource was not found: ContactId.", 404
            )
        return contact

    def _source(self, params: Params) -> str:
        number: str | None = params.get("SourcePhoneNumber")
        if number is None:
            if not params.get("QueueId"):
                raise ApiError("InvalidParameterException", "SourcePhoneNumber or QueueId is required.")
            claimed = next(self._instance.numbers(), None)
            return claimed.number if claimed is not None else ""
        if not self._instance.has_number(number):
            if self._instance.strict_numbers:
                raise ApiError(
                    "InvalidParameterException", "SourcePhoneNumber is not a phone number of the instance."
                )
            self._instance.claim(number)
            self._state.notes[f"source number {number} was taken as claimed: no number was configured"] += 1
        return number

    def _queue_arn(self, reference: str | None) -> str | None:
        if not reference:
            return None
        queue = self._instance.queue(reference)
        if queue is None:
            raise ApiError("ResourceNotFoundException", "The specified resource was not found: QueueId.", 404)
        return queue.arn

    def _queue_name(self, reference: str) -> str:
        queue = self._instance.queue(reference)
        if queue is None:
            raise ApiError("ResourceNotFoundException", "The specified resource was not found: QueueId.", 404)
        return queue.name

    def _described(self, contact: Contact) -> Params:
        name = contact.queue or (contact.call.queue_name if contact.call is not None else None)
        queue = self._instance.queue(name) if name else None
        arn = f"{self._state.account.instance_arn}/contact/{contact.id}"
        return described(contact, arn, queue.id if queue is not None else name, self._contacts.epoch)


@cache
def _operations() -> OperationTable:
    """The table of operations; made once, for it never changes and takes a while."""
    return OperationTable(_HANDLERS)


def _extra(params: Params) -> Params:
    names = ("Name", "Description", "RelatedContactId", "CampaignId", "References")
    return {name: params[name] for name in names if params.get(name)}


def _epoch(value: float | str) -> float:
    """Epoch seconds of a timestamp in a request: a number or ISO 8601."""
    if not isinstance(value, str):
        return float(value)
    try:
        when = datetime.datetime.fromisoformat(value)
    except ValueError:
        raise ApiError("InvalidParameterException", f"{value[:60]!r} is not a timestamp.") from None
    return (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()


def _page(items: Iterable[Any], params: Params, size: int) -> tuple[list[Any], Params]:
    """One page of a list, and the NextToken of the one after it."""
    everything = list(items)
    start = 0
    if params.get("NextToken"):
        try:
            start = int(base64.b64decode(params["NextToken"], validate=True))
        except (ValueError, binascii.Error):
            raise ApiError("InvalidParameterException", "NextToken is not valid.") from None
        if start < 0:
            raise ApiError("InvalidParameterException", "NextToken is not valid.")
    end = start + (params.get("MaxResults") or size)
    token = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(everything) else {}
    return everything[start:end], token


_HANDLERS: dict[str, Callable[[ConnectService, Params], Params]] = {
    "StartOutboundVoiceContact": ConnectService.start_outbound_voice_contact,
    "StopContact": ConnectService.stop_contact,
    "DescribeContact": ConnectService.describe_contact,
    "GetContactAttributes": ConnectService.get_contact_attributes,
    "UpdateContactAttributes": ConnectService.update_contact_attributes,
    "SearchContacts": ConnectService.search_contacts,
    "ListContactFlows": ConnectService.list_contact_flows,
    "DescribeContactFlow": ConnectService.describe_contact_flow,
    "CreateContactFlow": ConnectService.create_contact_flow,
    "UpdateContactFlowContent": ConnectService.update_contact_flow_content,
    "GetCurrentMetricData": ConnectService.get_current_metric_data,
    "ListQueues": ConnectService.list_queues,
    "DescribeQueue": ConnectService.describe_queue,
    "DescribeInstance": ConnectService.describe_instance,
    "ListInstances": ConnectService.list_instances,
    "ListPhoneNumbersV2": ConnectService.list_phone_numbers_v2,
}
