"""Attach a report to the Support cases that increase requests opened.

The Support API cannot request an increase; it can add a communication with attachments to the case of one
(AWS Support API reference, AddAttachmentsToSet). It needs a Business, Enterprise On-Ramp or Enterprise
support plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.input_files import read_bytes
from busyhour.quotas.aws.calls import Failed, ask

MAX_FILES = 3
MAX_BYTES = 5 * 1024 * 1024
MAX_CHARACTERS = 8_000
SUFFIXES = (".pdf", ".jpeg", ".doc", ".log", ".text")
"""File types that AWS accepts; HTML, JSON and .txt are not among them."""

REQUIRED_IAM_ACTIONS = (
    "support:DescribeCases",
    "support:AddAttachmentsToSet",
    "support:AddCommunicationToCase",
)


def read_attachments(paths: Sequence[Path]) -> list[tuple[str, bytes]]:
    """Read (name, content) of the files, checked against AWS's limits.

    Raises:
        BusyhourError: too many files, too large, of an unsupported type, or unreadable.
    """
    if len(paths) > MAX_FILES:
        raise BusyhourError(
            f"{len(paths)} files are too many: a case accepts {MAX_FILES} at once.", "Attach fewer."
        )
    return [(path.name, _content(path)) for path in paths]


def _content(path: Path) -> bytes:
    if path.suffix.lower() not in SUFFIXES:
        raise BusyhourError(
            f"{path}: AWS Support does not accept {path.suffix or 'files without a suffix'}; it accepts {', '.join(SUFFIXES)}.",
            "Render the run as PDF: busyhour report RUN --format pdf",
        )
    try:
        content = read_bytes(path)
    except OSError as error:
        raise BusyhourError(f"{path}: cannot be read: {error.strerror}.", "Name an existing file.") from None
    if len(content) > MAX_BYTES:
        raise BusyhourError(
            f"{path}: {len(content):,} bytes are more than AWS Support accepts ({MAX_BYTES:,}).",
            "Attach a smaller file.",
        )
    return content


def checked_text(text: str, what: str) -> str:
    """Return `text` if a case accepts it.

    Raises:
        BusyhourError: it is empty or too long.
    """
    if not 1 <= len(text.strip()) <= MAX_CHARACTERS:
        raise BusyhourError(
            f"{what} has {len(text.strip()):,} characters; a case accepts 1 to {MAX_CHARACTERS:,}.",
            "Give a text of your own with --message FILE, and the rest as an attachment.",
        )
    return text.strip()


class Attaching:
    """Adds communications to cases.

    Args:
        support: boto3 client of AWS Support.
    """

    def __init__(self, support: Any) -> None:
        self._client = support

    def attach(self, case: str, text: str, attachments: Sequence[tuple[str, bytes]]) -> None:
        """Add `text` with the attachments to a case.

        Args:
            case: its id, or the number shown to users and returned by Service Quotas.
            text: 1 to 8,000 characters.
            attachments: (name, content); may be empty.

        Raises:
            BusyhourError: no such case, a support plan without API, a missing permission, or another error of
                AWS.
        """
        case_id = case if case.startswith("case-") else self._id_of(case)
        more: dict[str, str] = {}
        if attachments:
            files = [{"fileName": name, "data": data} for name, data in attachments]
            more["attachmentSetId"] = self._ask("add_attachments_to_set", attachments=files)[
                "attachmentSetId"
            ]
        self._ask("add_communication_to_case", caseId=case_id, communicationBody=text, **more)

    def _id_of(self, display_id: str) -> str:
        cases = self._ask("describe_cases", displayId=display_id, includeResolvedCases=False)["cases"]
        if not cases:
            raise BusyhourError(f"No open Support case {display_id}.", "Look into the Support Center.")
        return str(cases[0]["caseId"])

    def _ask(self, operation: str, **arguments: Any) -> Any:
        answer = ask(lambda: getattr(self._client, operation)(**arguments))
        if not isinstance(answer, Failed):
            return answer
        if answer.code == "SubscriptionRequiredException":
            raise BusyhourError(
                "The account's support plan has no Support API; nothing was attached.",
                "Attach the report by hand in the Support Center, or from an account with a Business plan.",
            )
        raise BusyhourError(
            f"AWS Support rejects {operation}: {answer.code}: {answer.message}",
            f"It needs {', '.join(REQUIRED_IAM_ACTIONS)}.",
        )
