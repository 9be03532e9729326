"""DynamoDB alone: the operations that the scenario's functions make of one call."""

from busyhour.api.load import TableUser


class Operations(TableUser):
    """Keys are drawn evenly; `keys = Zipf(10_000, 1.0)` makes some of them hot. `item_bytes` says how big items are."""
