"""Data of a contact while its call runs: everything that references can read and flows can set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from busyhour.flows.contact import Contact
from busyhour.flows.references import text_of

if TYPE_CHECKING:
    from busyhour.flows.compiled import Node
    from busyhour.flows.machine import Machine


class State:
    """The stores of one call. Each is created on first use: most calls need few."""

    __slots__ = (
        "agent",
        "agent_target",
        "attributes",
        "beside",
        "callback_number",
        "contact",
        "external",
        "extras",
        "flow_attributes",
        "hooks",
        "keys",
        "lambda_seconds",
        "loops",
        "machine",
        "priority",
        "queue",
        "queue_name",
        "queue_transfers",
        "stored_input",
        "time_adjustment",
    )

    def __init__(self, machine: Machine, contact: Contact) -> None:
        self.machine: Machine = machine
        self.contact: Contact = contact
        self.attributes: dict[str, str] = dict(contact.attributes)
        """Current contact attributes."""
        self.external: Any = None
        """`$.External`: the last Lambda function's response, an object unless the action takes any JSON."""
        self.stored_input: str | None = None
        """`$.StoredCustomerInput`."""
        self.keys: str | None = None
        """Keys in the DTMF buffer; None: it is off."""
        self.flow_attributes: dict[str, str] | None = None
        self.extras: dict[str, Any] | None = None
        """Values of all other roots (`Lex`, `Metrics`, `Case`, ...)."""
        self.loops: dict[Node, int] | None = None
        """Number of times that each Loop of the running flow has continued."""
        self.beside: tuple[Node, int] | None = None
        """The Wait beside which the flow continues, and the number of modules in progress there."""
        self.hooks: dict[str, str] | None = None
        """Event hooks by name; an empty string means that the hook is switched off."""
        self.queue: str | None = contact.queue
        """Id or ARN of the target queue, as the flow gave it."""
        self.queue_name: tuple[str, str] | None = None
        """Name and ARN of the queue, once known."""
        self.queue_transfers = 0
        """Number of transfers from one queue to another."""
        self.agent_target: str | None = None
        """The agent whose own queue is the target."""
        self.agent: tuple[str, str] | None = None
        """The agent who has the contact: id or ARN, and user name."""
        self.callback_number: str | None = None
        self.priority = 5
        self.time_adjustment = 0.0
        self.lambda_seconds = 0.0
        """Seconds that functions took since the last prompt."""

    def empty_buffer(self) -> None:
        """Drop the keys in the DTMF buffer, as a bot and a transfer to a queue or an agent do."""
        if self.keys:
            self.keys = ""

    def put(self, root: str, value: Any) -> None:
        """Set the value of a root."""
        if self.extras is None:
            self.extras = {}
        self.extras[root] = value

    def put_values(self, values: Mapping[str, Any]) -> None:
        """Set values by reference path (`Case.case_id`)."""
        for path, value in values.items():
            *roots, leaf = path.removeprefix("$.").split(".")
            if self.extras is None:
                self.extras = {}
            here = self.extras
            for key in roots:
                inner = here.get(key)
                # Never change what other calls or the driver may share.
                here[key] = dict(inner) if isinstance(inner, Mapping) else {}
                here = here[key]
            here[leaf] = value

    def datum(self, root: str, otherwise: Any) -> Any:
        """Return a value of the contact that flows may have changed."""
        return self.extras.get(root, otherwise) if self.extras else otherwise

    def queue_data(self) -> dict[str, Any] | None:
        """Return the target queue as in a Lambda event; None without one."""
        if self.queue is None:
            return None
        queue = self.queue
        name, arn = self.queue_name or self.machine.queue_names.get(queue) or ("", "")
        arn = arn or (queue if queue.startswith("arn:") else f"{self.contact.instance_arn}/queue/{queue}")
        return {
            "ARN": arn,
            "Name": name or queue.rpartition("/")[2],
            "OutboundCallerId": self.contact.system(),
        }

    def agent_data(self) -> dict[str, Any] | None:
        """Return the agent who has the contact; None before an agent answers."""
        if self.agent is None:
            return None
        arn, username = self.agent
        return {"ARN": arn, "UserName": username, "FirstName": username, "LastName": ""}

    def event(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the event with which Connect invokes a function now (facts: "Connect -> Lambda contract")."""
        contact = self.contact
        extras = self.extras or {}
        return {
            "Details": {
                "ContactData": {
                    "Attributes": dict(self.attributes),
                    "AwsRegion": contact.region,
                    "Channel": contact.channel,
                    "ContactId": contact.contact_id,
                    "CustomerEndpoint": contact.customer(),
                    "CustomerId": extras.get("CustomerId", contact.customer_id),
                    "Description": extras.get("Description", contact.description),
                    "InitialContactId": contact.initial_contact_id or contact.contact_id,
                    "InitiationMethod": contact.initiation_method,
                    "InstanceARN": contact.instance_arn,
                    "LanguageCode": extras.get("LanguageCode", contact.language),
                    "MediaStreams": extras.get("MediaStreams", {"Customer": {"Audio": None}}),
                    "Name": extras.get("Name", contact.name),
                    "PreviousContactId": contact.previous_contact_id or contact.contact_id,
                    "Queue": self.queue_data(),
                    "References": dict(extras.get("References", contact.references)),
                    "RelatedContactId": contact.related_contact_id,
                    "SegmentAttributes": dict(contact.segment_attributes),
                    "SystemEndpoint": contact.system(),
                    "Tags": dict(extras.get("Tags", contact.tags)),
                },
                "Parameters": parameters,
            },
            "Name": "ContactFlowEvent",
        }

    def set_attributes(self, new: Mapping[str, Any]) -> bool:
        """Set all given contact attributes; return False, and set none, if they would be too large."""
        policy = self.machine.policy
        attributes = {**self.attributes, **{key: text_of(value) for key, value in new.items()}}
        if policy.empty_value_removes_attribute and "" in attributes.values():
            for key in new:
                if not attributes.get(key):
                    attributes.pop(key, None)
        size = 0
        for key, value in attributes.items():
            size += len(key) + len(value)
        # A character takes at most four bytes, so most calls need no exact count.
        if size * 4 > policy.attribute_bytes and _bytes(attributes) > policy.attribute_bytes:
            return False
        # Always the same dictionary: the driver may keep a reference to it.
        self.attributes.clear()
        self.attributes.update(attributes)
        return True


def _bytes(attributes: Mapping[str, str]) -> int:
    return sum(
        len(key.encode("utf-8", "surrogatepass")) + len(value.encode("utf-8", "surrogatepass"))
        for key, value in attributes.items()
    )
