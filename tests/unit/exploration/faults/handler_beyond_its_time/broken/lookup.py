"""Says which tier a customer is in."""

import time


def handler(event, context):
    time.sleep(1.3)
    return {"tier": "gold"}
