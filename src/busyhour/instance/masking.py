"""Personal and secret values of answers are left out or masked before anything else reads them.

Left out: names and addresses of users, and values of a function's variables unless they name a table. Masked, in every
text, flows included: e-mail addresses, and phone numbers in E.164 form unless they are kept. A masked phone number is
still one: its first three digits, then zeros.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"(?<![\w+])\+[1-9]\d{7,14}(?!\d)")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ADDRESS_SHOWN = "masked@example.com"
_KEPT_DIGITS = 4
"""Characters of a phone number that are kept: + and three digits, which have its country."""
_PERSONAL = frozenset(
    {
        *("Username", "IdentityInfo", "PhoneConfig", "DirectoryUserId", "PhoneNumberConfigs"),
        *("AutoAcceptConfigs", "AfterContactWorkConfigs", "PersistentConnectionConfigs"),
        *("VoiceEnhancementConfigs", "SecurityProfileIds"),
    }
)
"""Members of a user that are never kept."""
_OPAQUE = frozenset({"NextToken", "NextMarker", "Marker", "LastEvaluatedTableName"})
"""Tokens of pages, which a further request repeats as they are."""


class Mask:
    """Masks answers of one instance. It remembers the names of tables, which variables of functions may show.

    Args:
        keep_numbers: whether phone numbers are kept.
    """

    def __init__(self, keep_numbers: bool = False) -> None:
        self._keep_numbers = keep_numbers
        self._tables: set[str] = set()

    def __call__(self, operation: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return `answer` of `operation` with what is personal or secret masked."""
        if operation == "ListTables":
            self._tables.update(answer.get("TableNames", ()))
        if operation == "SearchUsers":
            users = [
                {key: one[key] for key in ("Id", "RoutingProfileId", "HierarchyGroupId") if one.get(key)}
                for one in answer.get("Users", ())
            ]
            return {**{key: answer[key] for key in _OPAQUE if key in answer}, "Users": users}
        masked: dict[str, Any] = self._value(
            {key: answer[key] for key in answer if key != "ResponseMetadata"}
        )
        variables = (masked.get("Environment") or {}).get("Variables")
        if isinstance(variables, dict):
            masked["Environment"] = {
                "Variables": {name: self._variable(variables[name]) for name in variables}
            }
        return masked

    def _variable(self, value: Any) -> str:
        named = str(value).rpartition(":table/")[2]
        return named if named in self._tables else ""

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            made = {
                key: inner if key in _OPAQUE else self._value(inner)
                for key, inner in value.items()
                if key not in _PERSONAL
            }
            return _without_user(made)
        if isinstance(value, list | tuple):
            return [self._value(inner) for inner in value]
        return value

    def _text(self, text: str) -> str:
        if "@" in text:
            text = _ADDRESS.sub(_ADDRESS_SHOWN, text)
        if not self._keep_numbers and "+" in text:
            text = _NUMBER.sub(_masked, text)
        return text


def masked_text(text: str) -> str:
    """Return a text with its phone numbers masked as a pull masks them."""
    return _NUMBER.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    number = match.group()
    return number[:_KEPT_DIGITS] + "0" * (len(number) - _KEPT_DIGITS)


def _without_user(made: dict[str, Any]) -> dict[str, Any]:
    """Replace the name of a quick connect to a user, which is the user's."""
    config = made.get("QuickConnectConfig")
    type_ = config.get("QuickConnectType") if isinstance(config, dict) else made.get("QuickConnectType")
    if type_ == "USER" and "Name" in made:
        identity = str(made.get("QuickConnectId") or made.get("Id") or "")
        made = {key: made[key] for key in made if key != "Description"}
        made["Name"] = f"user {identity[:8]}"
    return made
