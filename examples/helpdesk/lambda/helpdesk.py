"""The Lambda functions behind the helpdesk's flows.

Each handler takes Connect's ContactFlowEvent and returns a flat map of strings (response type STRING_MAP).
Connect retries a failed invocation within the block's time limit, so every write here has the same effect
when it is made twice: its key and its values come from the contact, never from a clock or a random number.

Environment: TABLE_NAME. boto3 finds the endpoint (AWS_ENDPOINT_URL), Region and credentials by itself.
"""

from __future__ import annotations

import functools
import hashlib
import os
from typing import Any

import boto3
from botocore.config import Config

Event = dict[str, Any]
Answer = dict[str, str]


@functools.lru_cache(maxsize=1)
def _table() -> Any:
    """Return the table; one client for the life of the execution environment.

    Timeouts fit inside the 4 s that the flows allow: an answer that comes later is of no use to a caller.
    """
    config = Config(
        connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "total_max_attempts": 2}
    )
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.resource("dynamodb", region_name=region, config=config).Table(os.environ["TABLE_NAME"])


def lookup(event: Event, context: Any) -> Answer:
    """Who is calling? Remembers the contact with the customer."""
    contact = event["Details"]["ContactData"]
    phone = _parameter(event, "phone") or _address(contact)
    if not phone:
        return {"found": "no"}
    key = {"pk": f"customer#{phone}"}
    customer = _table().get_item(Key=key).get("Item")
    if customer is None:
        return {"found": "no"}
    _table().update_item(
        Key=key,
        UpdateExpression="SET lastContact = :contact",
        ExpressionAttributeValues={":contact": contact["ContactId"]},
    )
    return {
        "found": "yes",
        "customerId": str(customer["customerId"]),
        "firstName": str(customer["firstName"]),
        "tier": str(customer["tier"]),
    }


def open_ticket(event: Event, context: Any) -> Answer:
    """Write a ticket for this contact. Its number comes from the contact: a retry finds the same ticket."""
    contact = event["Details"]["ContactData"]
    number = ticket_number(contact["ContactId"])
    _table().put_item(
        Item={
            "pk": f"ticket#{number}",
            "contactId": contact["ContactId"],
            "phone": _parameter(event, "phone") or _address(contact) or "unknown",
            "topic": _parameter(event, "topic") or "unknown",
            "status": "open",
            "changed": "today",
        }
    )
    return {"ticketNumber": number, "spokenNumber": ", ".join(number)}


def ticket_status(event: Event, context: Any) -> Answer:
    """How far is a ticket?"""
    number = _parameter(event, "ticketNumber")
    if not number.isdecimal():
        return {"found": "no"}
    ticket = _table().get_item(Key={"pk": f"ticket#{number}"}).get("Item")
    if ticket is None:
        return {"found": "no"}
    return {"found": "yes", "status": str(ticket["status"]), "changed": str(ticket["changed"])}


def campaign_answer(event: Event, context: Any) -> Answer:
    """Write down what a customer answered to the campaign; the last answer counts."""
    contact = event["Details"]["ContactData"]
    phone = _parameter(event, "phone") or _address(contact)
    if not phone:
        return {"written": "no"}
    _table().put_item(
        Item={
            "pk": f"answer#{phone}",
            "contactId": contact["ContactId"],
            "answer": _parameter(event, "answer") or "none",
        }
    )
    return {"written": "yes"}


def ticket_number(contact_id: str) -> str:
    """Six digits that belong to a contact."""
    digest = hashlib.sha256(contact_id.encode()).digest()
    return str(100_000 + int.from_bytes(digest[:8], "big") % 900_000)


def _parameter(event: Event, name: str) -> str:
    """Return what the flow passed under `name`; empty where the flow's reference had no value."""
    return str((event["Details"].get("Parameters") or {}).get(name) or "")


def _address(contact: dict[str, Any]) -> str:
    """Return the caller's number; Connect sends null where there is none."""
    return str((contact.get("CustomerEndpoint") or {}).get("Address") or "")
