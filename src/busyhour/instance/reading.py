"""Read every resource of an instance: listings first, then one resource at a time.

A request that the caller may not make, or that fails, is reported with its IAM action and what is not known without it;
everything else is read. Throttled requests are repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.instance import kinds
from busyhour.instance.answers import THROTTLES, Answer, Source
from busyhour.instance.kind import Detail, Kind, Listing
from busyhour.instance.pace import Pace
from busyhour.quotas.aws.calls import Failed

ATTEMPTS = 8
"""Requests for one answer while the account throttles; pauses double from one second."""
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_GONE = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Unread:
    """What was not read: the operation, the IAM action that it needs, the reason, and whose answer is missing."""

    noun: str
    operation: str
    action: str
    why: str
    part: str = ""
    """Member of the resources that is missing; empty: the resources themselves."""
    resource: str = ""
    """Name of the one resource without it; empty: all of the kind."""

    def __str__(self) -> str:
        what = f"{self.part} of " if self.part else ""
        which = f"{self.noun} {self.resource!r}" if self.resource else f"every {self.noun}"
        return f"{what}{which}: not read: {self.operation}: {self.why} ({self.action})"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as it was read: id, name, and its members."""

    kind: Kind
    id: str
    name: str
    members: dict[str, Any]
    missing: tuple[str, ...] = ()
    """Members that could not be read."""


@dataclass(slots=True)
class Reader:
    """Reads the kinds of one instance.

    `tell` receives lines of progress. `unread` and `listed` fill while it reads.
    """

    source: Source
    pace: Pace
    instance_id: str = ""
    instance_arn: str = ""
    tell: Callable[[str], None] = lambda _: None
    unread: list[Unread] = field(default_factory=list)
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Entries of the listings, by the kind's folder; a kind that could not be listed is absent."""
    partial: set[str] = field(default_factory=set)
    """Folders of gathered kinds of which one listing could not be read."""
    requests: int = 0
    is_paced: bool = True
    """Whether requests reach an account, whose rates apply."""
    _refused: set[tuple[str, str, str]] = field(default_factory=set)

    def of(self, instance: Mapping[str, str]) -> None:
        """Read this instance from now on: its `Id` and `Arn`."""
        self.instance_id, self.instance_arn = instance["Id"], instance["Arn"]

    def list_all(self) -> None:
        """Read every listing; the quotas among them set the pace of all further requests."""
        for kind in kinds.KINDS:
            entries: list[dict[str, Any]] = []
            whole = True
            for listing in kind.listings:
                found = self._listing(kind, listing)
                whole = whole and found is not None
                entries += found or ()
            if not whole and not (kind.gathered and entries):
                continue
            if not whole:
                self.partial.add(kind.folder)
            if kind is kinds.QUOTA:
                self.pace.apply(entries)
            self.listed[kind.folder] = _chosen(kind, entries, self.instance_arn)

    def seconds(self) -> float:
        """Return how long the requests for single resources take at the pace of the account, seconds; without tables."""
        total = 0.0
        for kind in kinds.KINDS:
            if kind is kinds.TABLE:
                continue  # which of the account's are read depends on the functions
            entries = self.listed.get(kind.folder, ())
            seconds: dict[tuple[str, ...], float] = {}
            for detail in kind.details:
                bucket = self.pace.bucket(detail.service, detail.operation)
                needed = sum(_wanted(detail, one) for one in entries) / self.pace.rate(
                    detail.service, detail.operation
                )
                seconds[bucket] = seconds.get(bucket, 0.0) + needed
            total += max(seconds.values(), default=0.0)  # buckets fill beside each other
        return total

    def resources(self, kind: Kind) -> Iterator[Resource]:
        """Read the resources of a kind, one after the other."""
        entries = sorted(self.listed.get(kind.folder, ()), key=lambda one: str(one.get(kind.id)))
        for number, entry in enumerate(entries, start=1):
            if kind.details and number % 100 == 0:
                self.tell(f"{kind.folder}: {number} of {len(entries)} read")
            described = self._described(kind, entry)
            if described is not None:
                yield described

    def _described(self, kind: Kind, entry: dict[str, Any]) -> Resource | None:
        """Return an entry with the answers of its details; None for a resource that cannot be described."""
        members = dict(entry)
        missing: list[str] = []
        for detail in kind.details:
            if not _wanted(detail, entry):
                continue
            refused = (kind.folder, detail.operation, detail.into)
            if refused in self._refused:
                if not detail.into:
                    return None
                missing.append(detail.into)
                continue
            answer = self._detail(detail, str(entry[detail.by or kind.id]))
            if isinstance(answer, Failed):
                if answer.code in detail.absent:
                    continue
                if answer.code == _GONE and not detail.into:
                    self.tell(f"{kind.noun} {entry[kind.id]}: gone since it was listed")
                    return None
                denied = answer.code in _DENIED
                if denied:
                    self._refused.add(refused)
                self._missed(kind, detail.service, detail.operation, answer, detail.into,
                             "" if denied else str(entry.get(kind.label) or entry[kind.id]))  # fmt: skip
                if not detail.into:
                    return None
                missing.append(detail.into)
                continue
            if detail.into:
                members[detail.into] = answer
            elif isinstance(answer, dict):
                members |= answer
        name = str(members.get(kind.label) or entry.get(kind.label) or entry[kind.id])
        return Resource(kind, str(entry[kind.id]), name, members, tuple(missing))

    def _detail(self, detail: Detail, identity: str) -> Any:
        parameters: dict[str, Any] = {detail.parameter: identity + detail.suffix}
        if detail.service == "connect":
            parameters["InstanceId"] = self.instance_id
        if detail.paged is None:
            answer = self.request(detail.service, detail.operation, parameters)
            if isinstance(answer, Failed):
                return answer
            found = answer.get(detail.member) if detail.member else answer
            return dict(found) if isinstance(found, Mapping) else found
        token = ("Marker", "NextMarker") if detail.token == "Marker" else (detail.token, detail.token)
        return self._pages(detail.service, detail.operation, parameters, detail.member, detail.paged, token)

    def _listing(self, kind: Kind, listing: Listing) -> list[dict[str, Any]] | None:
        parameters = dict(listing.fixed)
        if listing.of_instance:
            of_instance = self.instance_id if listing.of_instance == "InstanceId" else self.instance_arn
            parameters[listing.of_instance] = of_instance
        found = self._pages(
            listing.service, listing.operation, parameters, listing.member, listing.size, listing.token
        )
        if isinstance(found, Failed):
            self._missed(kind, listing.service, listing.operation, found)
            return None
        entries = [_entry(kind, one) for one in found]
        whole = [one for one in entries if one.get(kind.id)]
        if len(whole) < len(entries):
            self.tell(
                f"{listing.operation}: {len(entries) - len(whole)} entries without {kind.id} are left out"
            )
        return whole

    def _pages(
        self,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        member: str,
        size: tuple[str, int] | None,
        token: tuple[str, str],
    ) -> list[Any] | Failed:
        entries: list[Any] = []
        if size is not None:
            parameters = {**parameters, size[0]: size[1]}
        for answer in self.pages(service, operation, parameters, token):
            if isinstance(answer, Failed):
                return answer
            entries += answer.get(member) or ()
        return entries

    def pages(
        self, service: str, operation: str, parameters: Mapping[str, Any], token: tuple[str, str]
    ) -> Iterator[Answer]:
        """Yield the answer of each page, the last of them an error if one could not be read.

        Args:
            service: of the operation, as boto3 names it.
            operation: that reads.
            parameters: of the first request.
            token: member of the request, and of the answer, that has the place of the next page.
        """
        tokens: set[str] = set()
        while True:
            answer = self.request(service, operation, parameters)
            yield answer
            following = None if isinstance(answer, Failed) else answer.get(token[1])
            if not following:
                return
            if following in tokens:
                yield Failed("RepeatedToken", f"page {following!r} leads back to itself")
                return
            tokens.add(following)
            parameters = {**parameters, token[0]: following}

    def request(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Make one request, at the account's pace; a throttled one again, after a pause."""
        pause = 1.0
        for attempt in range(1, ATTEMPTS + 1):
            if self.source.reaches(service, operation, parameters):
                self.pace.wait(service, operation)
                self.requests += 1
            answer = self.source.answer(service, operation, parameters)
            if not isinstance(answer, Failed) or answer.code not in THROTTLES or attempt == ATTEMPTS:
                break
            self.tell(f"{operation} is throttled: again in {pause:.0f} s")
            self.pace.sleep(pause)
            pause *= 2
        return answer

    def _missed(
        self, kind: Kind, service: str, operation: str, failed: Failed, part: str = "", resource: str = ""
    ) -> None:
        action = kinds.action(service, operation)
        why = "the caller may not" if failed.code in _DENIED else f"{failed.code}: {failed.message}"
        self.unread.append(Unread(kind.noun, operation, action, why, part, resource))


def _entry(kind: Kind, found: Any) -> dict[str, Any]:
    """Return an entry of a listing with its id: a listing of names or ARNs has none, and one of bots has it inside."""
    if not isinstance(found, dict):
        return {kind.id: found, kind.label: _last(found)}
    if kind is kinds.BOT:
        alias = (found.get("LexV2Bot") or {}).get("AliasArn")
        classic = found.get("LexBot") or {}
        identity = alias or "/".join(filter(None, (classic.get("LexRegion"), classic.get("Name"))))
        return {**found, kind.id: identity, kind.label: classic.get("Name") or identity}
    return found


def _wanted(detail: Detail, entry: Mapping[str, Any]) -> bool:
    return detail.only_if is None or entry.get(detail.only_if[0]) == detail.only_if[1]


def _last(arn: str) -> str:
    """Return the name in the ARN of a function, without version or alias; any other text as it is."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 and parts[2] == "lambda" else arn


def _chosen(kind: Kind, entries: list[dict[str, Any]], instance_arn: str) -> list[dict[str, Any]]:
    """Return the entries that belong to the instance."""
    if kind is kinds.QUOTA:
        chosen = []
        for one in entries:
            context = one.get("QuotaContext") or {}
            if context.get("ContextId") in (None, "*", instance_arn, instance_arn.rpartition("/")[2]):
                chosen.append(one)
        return chosen
    if kind is kinds.ALARM:
        return [one for one in entries if one.get("Namespace") in kinds.ALARM_NAMESPACES]
    return entries
