"""Rules for exported flows: the declaration, the flow as a rule sees it, and the analyses that shipped rules use."""

from busyhour.contracts.action_view import DRAFT_TARGETS, ActionView, transitions
from busyhour.contracts.analysis.conditions import impossible, shadowed
from busyhour.contracts.analysis.cycles import cycle, strongly_connected
from busyhour.contracts.analysis.dataflow import (
    Read,
    attributes_set,
    filled_first,
    fills_on_success,
    find,
    unfilled,
)
from busyhour.contracts.analysis.flow_cycles import reference_chain
from busyhour.contracts.analysis.graph import Edge
from busyhour.contracts.analysis.lambda_chains import longest_silences
from busyhour.contracts.analysis.module_interface import declared_interface
from busyhour.contracts.analysis.origins import (
    CALLER,
    Source,
    asks_for_secret,
    carries_secret,
    confidential,
    entered_unchecked,
    sources,
)
from busyhour.contracts.analysis.paths import (
    action_name,
    before_each,
    is_true,
    leaves_flow,
    path_text,
    shortest,
    witness,
    witnesses,
)
from busyhour.contracts.analysis.silence import interactive
from busyhour.contracts.analysis.speech import SPEAKING, spoken
from busyhour.contracts.finding import Severity, pointer_text
from busyhour.contracts.flow_set import FlowReference, Home
from busyhour.contracts.flow_view import FlowView
from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.contracts.rule import Problem, from_schema, rule
from busyhour.contracts.schema.store import shipped_schemas
from busyhour.contracts.schema.wording import json_kind, listed
from busyhour.contracts.suppressions import suppressions
from busyhour.errors import did_you_mean
from busyhour.flows.action_types import types_that_fill, unpublished
from busyhour.flows.library import identity as flow_id
from busyhour.flows.model import OUTCOMES_OF_A_CALL, FlowType, Pointer
from busyhour.flows.references import ROOTS, Reference

__all__ = [
    "CALLER",
    "DRAFT_TARGETS",
    "OUTCOMES_OF_A_CALL",
    "PLACEHOLDER",
    "ROOTS",
    "SPEAKING",
    "ActionView",
    "Edge",
    "FlowReference",
    "FlowType",
    "FlowView",
    "Home",
    "Pointer",
    "Problem",
    "Read",
    "Reference",
    "Severity",
    "Source",
    "action_name",
    "asks_for_secret",
    "attributes_set",
    "before_each",
    "carries_secret",
    "confidential",
    "cycle",
    "declared_interface",
    "did_you_mean",
    "entered_unchecked",
    "filled_first",
    "fills_on_success",
    "find",
    "flow_id",
    "from_schema",
    "impossible",
    "interactive",
    "is_true",
    "json_kind",
    "leaves_flow",
    "listed",
    "longest_silences",
    "path_text",
    "pointer_text",
    "reference_chain",
    "rule",
    "shadowed",
    "shipped_schemas",
    "shortest",
    "sources",
    "spoken",
    "strongly_connected",
    "suppressions",
    "transitions",
    "types_that_fill",
    "unfilled",
    "unpublished",
    "witness",
    "witnesses",
]
