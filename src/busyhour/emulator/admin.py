"""The emulator's own endpoints under /_busyhour/: state, inbound calls, faults, decisions, snapshots, reset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from busyhour.emulator.account import EmulatorState
from busyhour.emulator.connect.api.inbound import call_in
from busyhour.emulator.connect.contacts.contact_record import own_members, record
from busyhour.emulator.connect.contacts.outbound import check_attributes
from busyhour.emulator.connect.instance_runtime import InstanceRuntimes
from busyhour.emulator.connect.metrics.summary import calls_summary, queue_summary
from busyhour.emulator.faults.requests import Faults, read_faults
from busyhour.emulator.messages import JSON, ApiError, Request, Response
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.shared_secret.emulator_token import proof

PAGE = 10_000
_LINES = "application/x-ndjson"
_INBOUND = {"flow", "caller", "number", "attributes"}


class Admin:
    """Handles requests under /_busyhour/.

    Args:
        state: shared state of the emulator.
        sites: the Connect instances; requests that name none apply to the first.
        faults: active faults.
        entry: name or id of the flow in which inbound calls begin; empty: the instance's first.
        decide: ends an increase request with a status.
    """

    def __init__(
        self,
        state: EmulatorState,
        sites: InstanceRuntimes,
        faults: Faults,
        entry: str,
        decide: Callable[[str, str], dict[str, Any]],
    ) -> None:
        self._state = state
        self._sites = sites
        self._contacts = sites.first.contacts
        self._faults = faults
        self._entry = entry
        self._decide = decide
        self.token: str | None = None
        """Shared with clients, to which the emulator proves itself; see `emulator_token`."""
        self.on_save: Callable[[], int] | None = None
        """Writes a snapshot of the state; returns its size in bytes."""
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "health"): self._health,
            ("GET", "snapshot"): lambda request: _json(self.snapshot()),
            ("GET", "records"): self._records,
            ("GET", "faults"): lambda request: _json({"faults": self._faults.as_json()}),
            ("POST", "inbound"): self._inbound,
            ("POST", "faults"): self._set_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "increases"): self._decide_increase,
            ("POST", "state"): self._save,
            ("POST", "reset"): self._reset,
        }

    def handle(self, request: Request) -> Response:
        """Handle a request; errors are returned as JSON with status 400 or 404."""
        name = request.path.rstrip("/").rpartition("/")[2]
        route = self._routes.get((request.method, name))
        if route is None:
            known = ", ".join(f"{method} /_busyhour/{path}" for method, path in self._routes)
            return _json({"error": f"{request.method} {request.path} is none of: {known}."}, 404)
        try:
            return route(request)
        except BusyhourError as error:
            return _json({"error": error.message, "hint": error.hint}, 400)
        except ApiError as error:
            return _json({"error": error.message, "code": error.code}, error.status)

    # ---------------------------------------------------------------------------------------------- read

    def _health(self, request: Request) -> Response:
        arn = self._state.account.instance_arn
        found = {
            "status": "ok",
            "instance_id": self._state.account.instance_id,
            "instance_arn": arn,
            "contacts_in_progress": self._contacts.store.in_progress,
        }
        challenge = parse_qs(request.query).get("challenge", [""])[0]
        if challenge and self.token is not None:
            found["proof"] = proof(self.token, challenge[:256], request.headers.get("host", ""), arn)
        return _json(found)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as JSON data. Times are epoch seconds."""
        contacts, store = self._contacts, self._contacts.store
        centre = contacts.centre
        peak_at = centre.peak_in_progress_at
        base = self._state.snapshot()
        base["dropped"] |= {"ended_contacts_forgotten": store.forgotten}
        base["notes"] |= dict.fromkeys(centre.notes(), 1)
        return base | {
            "contacts": {
                "started": store.started,
                "in_progress": store.in_progress,
                "by_state": Counter(contact.state() for contact in store.live()),
                "ended": store.records,
                "by_reason": dict(store.reasons),
                "peak": centre.peak_in_progress,
                "peak_at": None if peak_at is None else contacts.epoch + peak_at,
            },
            "events": dict(contacts.events),
            "terminals": dict(centre.terminals),
            "queues": [
                queue_summary(one, contacts.epoch)
                for one in centre.acd.statistics().values()
                if one.offered or one.agents is not None
            ],
            "instances": [
                {
                    "id": site.instance.id,
                    "alias": site.instance.account.alias,
                    "started": site.contacts.store.started,
                    "in_progress": site.contacts.store.in_progress,
                    "ended": site.contacts.store.records,
                }
                for site in self._sites
            ],
            "calls": calls_summary(contacts),
            "outcomes": dict(contacts.outcomes_now()),
            "functions": {
                name: {field: getattr(counts, field) for field in counts.__slots__}
                for name, counts in centre.invoker.counts.items()
            },
            "lambda_outcomes": dict(contacts.functions),
            "unmodelled": dict(contacts.unmodelled),
            "faults": self._faults.as_json(),
        }

    def _records(self, request: Request) -> Response:
        query = parse_qs(request.query)
        try:
            after = int(query.get("after", ["0"])[0])
            limit = int(query.get("limit", [str(PAGE)])[0])
        except ValueError:
            raise BusyhourError(
                "after and limit are whole numbers.", "GET /_busyhour/records?after=0"
            ) from None
        wanted = query.get("instance", [self._sites.first.instance.id])[0]
        site = self._sites.get(wanted)
        page = site.contacts.store.after(max(0, after), min(max(1, limit), PAGE))
        lines = [
            orjson.dumps({**record(contact, site.instance), "Emulator": own_members(contact)})
            for contact in page
        ]
        return Response(200, b"".join(line + b"\n" for line in lines), _LINES)

    # ------------------------------------------------------------------------------------------------ do

    def _inbound(self, request: Request) -> Response:
        wanted = _object(request)
        for key in wanted:
            if key not in _INBOUND:
                raise BusyhourError(
                    f"inbound: unknown key {key!r}.{did_you_mean(key, _INBOUND)}",
                    f"Keys are {', '.join(sorted(_INBOUND))}.",
                )
        attributes = wanted.get("attributes") or {}
        texts = [wanted.get(key, "") for key in ("flow", "caller", "number")]
        if not isinstance(attributes, Mapping):
            raise BusyhourError(
                "inbound: attributes is not an object.", 'For example {"attributes": {"k": "v"}}.'
            )
        if not all(isinstance(text, str) for text in [*texts, *attributes.values()]):
            raise BusyhourError("inbound: flow, caller, number and attributes are text.", "Put it in quotes.")
        check_attributes(attributes, self._state.limits)
        flow, caller, number = texts
        contact = call_in(
            self._sites, self._entry, flow=flow, caller=caller, number=number, attributes=attributes
        )
        return _json({"ContactId": contact.id, "Reorder": contact.reorder})

    def _set_faults(self, request: Request) -> Response:
        try:
            document = orjson.loads(request.body or b"[]")
        except ValueError as error:
            raise BusyhourError(
                f"The body is not JSON: {error}.", "Send one fault or a list of them."
            ) from None
        self._faults.set(read_faults(document))
        return _json({"faults": self._faults.as_json()})

    def _decide_increase(self, request: Request) -> Response:
        wanted = _object(request)
        if set(wanted) != {"id", "status"} or not all(isinstance(text, str) for text in wanted.values()):
            raise BusyhourError(
                "increases: the body has id and status, both text.", '{"id": "…", "status": "DENIED"}'
            )
        return _json({"RequestedQuota": self._decide(wanted["id"], wanted["status"])})

    def _save(self, request: Request) -> Response:
        if self.on_save is None:
            raise BusyhourError("The emulator keeps no state.", "Start it with --state DIR.")
        return _json({"bytes": self.on_save()})

    def _clear_faults(self, request: Request) -> Response:
        self._faults.set(())
        return _json({"faults": []})

    def _reset(self, request: Request) -> Response:
        stopped = sum(site.contacts.stop_all() for site in self._sites)
        for site in self._sites:
            site.contacts.forget()
            site.tokens.clear()
        self._state.limits.clear()
        self._state.metrics.clear()
        self._state.notes.clear()
        self._state.dropped.clear()
        self._faults.set(())
        return _json({"stopped": stopped})


def _object(request: Request) -> dict[str, Any]:
    try:
        document = orjson.loads(request.body or b"{}")
    except ValueError as error:
        raise BusyhourError(f"The body is not JSON: {error}.", "Send a JSON object.") from None
    if not isinstance(document, dict):
        raise BusyhourError("The body is not a JSON object.", "Send a JSON object.")
    return document


def _json(document: object, status: int = 200) -> Response:
    return Response(status, orjson.dumps(document), JSON)
