"""Flows written short, for the tests of flows, exploration and the Lambda contract."""

from busyhour.flows.model import Action, Condition, ErrorBranch, Flow


def action(identifier, type, parameters=None, *, then=None, when=None, errors=None, operator="Equals"):
    """An action; `when` is {operand: target}, `errors` {error type: target}."""
    return Action(
        identifier,
        type,
        parameters or {},
        then,
        tuple(Condition(operator, (operand,), target) for operand, target in (when or {}).items()),
        tuple(ErrorBranch(error, target) for error, target in (errors or {}).items()),
        display_name=identifier,
    )


def flow(*actions, name="main", type=None, **more):
    """A flow that starts at its first action; `end` disconnects, unless there is an action of that name."""
    if all(one.identifier != "end" for one in actions):
        actions = (*actions, action("end", "DisconnectParticipant"))
    return Flow(name, type, actions[0].identifier, actions, **more)
