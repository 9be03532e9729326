"""Attach a report to the Support cases that increase requests opened.

The Support API cannot file an increase; it can add a communication with attachments to the case of one
(AWS Support API reference, AddAttachmentsToSet). It needs a Business, Enterprise On-Ramp or Enterprise support plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.quotas.aws.calls import Failed, ask

MAX_FILES = 3
MAX_BYTES = 5 * 1024 * 1024
MAX_CHARACTERS = 8_000
SUFFIXES = (".pdf", ".jpeg", ".doc", ".log", ".text")
"""What AWS takes; HTML, JSON and .txt are not among it."""

REQUIRED_IAM_ACTIONS = (
    "support:DescribeCases",
    "support:AddAttachmentsToSet",
    "support:AddCommunicationToCase",
)


def read_attachments(paths: Sequence[Path]) -> list[tuple[str, bytes]]:
    """(name, content) of the files, compared with what AWS takes.

    Raises:
        BusyhourError: too many, too large, of a type that is refused, or not to be read.
    """
    if len(paths) > MAX_FILES:
        raise BusyhourError(
            f"{len(paths)} files are too many: a case takes {MAX_FILES} at once.", "Attach fewer."
        )
    return [(path.name, _content(path)) for path in paths]


def _content(path: Path) -> bytes:
    if path.suffix.lower() not in SUFFIXES:
        raise BusyhourError(
            f"{path}: AWS Support does not take {path.suffix or 'files without a suffix'}; it takes {', '.join(SUFFIXES)}.",
            "Render the run as PDF: busyhour report RUN --format pdf",
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be read: {error.strerror}.", "Name a file that is there."
        ) from None
    if len(content) > MAX_BYTES:
        raise BusyhourError(
            f"{path}: {len(content):,} bytes are more than AWS Support takes ({MAX_BYTES:,}).",
            "Attach a smaller file.",
        )
    return content


def checked_text(text: str, what: str) -> str:
    """`text`, where a case takes it as it is.

    Raises:
        BusyhourError: it is empty or too long.
    """
    if not 1 <= len(text.strip()) <= MAX_CHARACTERS:
        raise BusyhourError(
            f"{what} has {len(text.strip()):,} characters; a case takes 1 to {MAX_CHARACTERS:,}.",
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
            case: its id, or the number that people see and Service Quotas returns.
            text: 1 to 8,000 characters.
            attachments: (name, content); none is allowed too.

        Raises:
            BusyhourError: no such case, a support plan without API, a missing right, or a refusal in AWS's words.
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
            raise BusyhourError(
                f"There is no open Support case {display_id}.", "Look into the Support Center."
            )
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
            f"AWS Support refuses {operation}: {answer.code}: {answer.message}",
            f"It needs {', '.join(REQUIRED_IAM_ACTIONS)}.",
        )
