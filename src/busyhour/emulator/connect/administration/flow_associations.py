"""Which flow each phone number leads to: ListFlowAssociations, BatchGetFlowAssociation.

The reference calls ResourceId and FlowId identifiers; they are ARNs here, and a number is found by id as well.
"""

from __future__ import annotations

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import NumberResource
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_VOICE = "VOICE_PHONE_NUMBER"


@operation("ListFlowAssociations")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListFlowAssociations; of other resources than telephone numbers the emulator has none."""
    voice = params.get("ResourceType") in (None, _VOICE)
    found = [_entry(site, one) for one in site.instance.numbers() if voice and one.flow]
    chosen, token = page(found, params)
    return {"FlowAssociationSummaryList": chosen, **token}


@operation("BatchGetFlowAssociation")
def batch(site: InstanceRuntime, params: Params) -> Params:
    """BatchGetFlowAssociation: those of the resources that have a flow."""
    found = [site.instance.get(kinds.NUMBER, one) for one in params["ResourceIds"]]
    voice = params.get("ResourceType") in (None, _VOICE)
    return {
        "FlowAssociationSummaryList": [
            _entry(site, one) for one in found if voice and one is not None and one.flow
        ]
    }


def _entry(site: InstanceRuntime, number: NumberResource) -> Params:
    flow = site.instance.flow(number.flow or "")
    return {
        "ResourceId": number.arn,
        "FlowId": number.flow if flow is None else flow.arn,
        "ResourceType": _VOICE,
    }
