"""Lambda alone: one invocation with Connect's event per planned call."""

from busyhour.api.load import LambdaUser


class Invocations(LambdaUser):
    """The scenario's functions in turn. Set `functions` and `parameters` to choose."""
