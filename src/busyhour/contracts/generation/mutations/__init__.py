"""Mutations of a valid flow: each is one error that Connect rejects, with the rule that must find it.

They test the rules here and in other teams' suites, and feed the strategies. A mutation finds the places in a
flow (2019-10-30, as JSON data) where it applies; each place is a function that changes the data.
"""

from busyhour.contracts.generation.mutations.conditions import CONDITIONS
from busyhour.contracts.generation.mutations.document import DOCUMENT
from busyhour.contracts.generation.mutations.flow_type import FLOW_TYPE
from busyhour.contracts.generation.mutations.mutation import Mutation, mutated
from busyhour.contracts.generation.mutations.parameters import PARAMETERS
from busyhour.contracts.generation.mutations.text import TEXT_MUTATIONS
from busyhour.contracts.generation.mutations.transitions import TRANSITIONS

__all__ = ["MUTATIONS", "TEXT_MUTATIONS", "Mutation", "mutated"]

MUTATIONS: list[Mutation] = [*DOCUMENT, *TRANSITIONS, *CONDITIONS, *PARAMETERS, *FLOW_TYPE]
"""All mutations, by subject."""
