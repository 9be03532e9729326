"""Says which tier a customer is in."""


def handler(event, context):
    phone = event["Details"]["Parameters"].get("phone", "")
    return {"tier": "gold" if phone.endswith("3") else "plain"}
