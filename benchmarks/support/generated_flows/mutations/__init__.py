"""Mutations of a valid flow: each is one error that Connect rejects, with the rule that must find it.

They test the rules here and in other teams' suites, and feed the strategies. A mutation finds the places in a
flow (2019-10-30, as JSON data) where it applies; each place is a function that changes the data.
"""

from support.generated_flows.mutations.conditions import CONDITIONS
from support.generated_flows.mutations.document import DOCUMENT
from support.generated_flows.mutations.flow_type import FLOW_TYPE
from support.generated_flows.mutations.mutation import Mutation, mutated
from support.generated_flows.mutations.parameters import PARAMETERS
from support.generated_flows.mutations.text import TEXT_MUTATIONS
from support.generated_flows.mutations.transitions import TRANSITIONS

__all__ = ["MUTATIONS", "TEXT_MUTATIONS", "Mutation", "mutated"]

MUTATIONS: list[Mutation] = [*DOCUMENT, *TRANSITIONS, *CONDITIONS, *PARAMETERS, *FLOW_TYPE]
"""All mutations, by subject."""
