"""How a kind of resource is read, as data: its listings, and the requests for one resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Listing:
    """A list operation, in pages.

    `member` contains the entries. `fixed` are parameters of every request; `of_instance` is the parameter that names the
    instance, by its id (`InstanceId`) or its ARN (`TargetArn`), empty for services other than Connect. `token` is the name
    of the page's token in request and answer. `size` is the member for the size of a page, with the size.
    """

    operation: str
    member: str
    service: str = "connect"
    fixed: Mapping[str, Any] = field(default_factory=dict)
    of_instance: str = "InstanceId"
    token: tuple[str, str] = ("NextToken", "NextToken")
    size: tuple[str, int] | None = ("MaxResults", 100)


@dataclass(frozen=True, slots=True)
class Detail:
    """A request for one resource, whose answer is merged into it, or kept as its member `into`.

    `parameter` is set to the resource's member `by` (its id where empty) followed by `suffix`. A `paged` detail is a list.
    Error codes of `absent` mean that the resource has no such part.
    """

    operation: str
    parameter: str
    member: str
    into: str = ""
    suffix: str = ""
    paged: tuple[str, int] | None = None
    service: str = "connect"
    absent: tuple[str, ...] = ()
    by: str = ""
    token: str = "NextToken"
    only_if: tuple[str, str] | None = None
    """Member and value of the entry in the listing without which the request is not made."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource.

    `folder` is where its files are, or the one file of a kind whose entries are `gathered`. `id` and `label` are members of
    an entry. `left_out` are members that are never kept: they change without a change of the resource, or are personal.
    """

    noun: str
    folder: str
    listings: tuple[Listing, ...]
    details: tuple[Detail, ...] = ()
    id: str = "Id"
    label: str = "Name"
    left_out: tuple[str, ...] = ()
    gathered: bool = False
    wrapper: str = ""
    """The member around a flow in its file, as in the answer of `describe-contact-flow`."""
