"""Inbound calls: an emulator-only endpoint, since there is no telephone network."""

from __future__ import annotations

from collections.abc import Mapping

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.start_parameters import Placed
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, InstanceRuntimes
from busyhour.emulator.connect.resources.instance import FlowResource
from busyhour.errors import BusyhourError, did_you_mean

CALLER = "+12065550100"


def call_in(
    sites: InstanceRuntimes,
    entry: str,
    *,
    flow: str = "",
    caller: str = "",
    number: str = "",
    attributes: Mapping[str, str] | None = None,
) -> Contact:
    """Start an inbound call.

    Args:
        sites: the instances; a claimed `number` selects one, otherwise it is the first.
        entry: name or id of the first instance's flow for calls with neither flow nor claimed number; empty:
            its first flow.
        flow: name, id or ARN of the flow in which it begins; if empty, the number's.
        caller: E.164 number of the caller.
        number: E.164 number that was dialled.
        attributes: contact attributes at the start.

    Raises:
        BusyhourError: the flow does not exist, or the number has none (MisconfiguredPhoneNumbers counts it).
    """
    site, begins = _called(sites, entry, flow, number)
    placed = Placed(
        flow=begins,
        method="INBOUND",
        customer=caller or CALLER,
        system=number or next((claimed.number for claimed in site.instance.numbers()), ""),
        attributes=attributes or {},
    )
    return site.contacts.begin(placed)


def _called(
    sites: InstanceRuntimes, entry: str, flow: str, number: str
) -> tuple[InstanceRuntime, FlowResource]:
    for site in sites:
        claimed = site.instance.number(number) if number else None
        if claimed is None:
            continue
        begins = site.instance.flow(claimed.flow) if claimed.flow else None
        if flow:
            begins = _flow(site, flow)
        if begins is None:
            site.contacts.metrics.misconfigured(site.state.time())
            raise BusyhourError(
                f"Phone number {number} has no flow.", "AssociatePhoneNumberContactFlow gives it one."
            )
        return site, _published(begins)
    return sites.first, _published(_flow(sites.first, flow or entry))


def _flow(site: InstanceRuntime, wanted: str) -> FlowResource:
    flows = list(site.instance.flows())
    if not wanted and flows:
        return flows[0]
    found = site.instance.flow(wanted) or site.instance.flow_named(wanted)
    if found is None:
        names = [flow.name for flow in flows]
        raise BusyhourError(
            f"There is no flow {wanted!r}.{did_you_mean(wanted, names)}",
            f"Flows are: {', '.join(names) or 'none'}.",
        )
    return found


def _published(flow: FlowResource) -> FlowResource:
    if flow.status == "SAVED":
        raise BusyhourError(
            f"Flow {flow.name!r} was saved and never published.", "UpdateContactFlowContent publishes it."
        )
    return flow
