"""Says which tier a customer is in."""


def handler(event, context):
    return {"tier": "gold", "points": "1200"}
