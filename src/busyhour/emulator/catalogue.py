"""The AWS services that the emulator has, one row each; `services.FACTORIES` makes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One service.

    `name` is the signing name of its requests, `model` botocore's name, `rates` its code in the quota table where its
    API rates are enforced. A request without a signature is recognised by `target` (how X-Amz-Target begins), `version` (of the
    Query protocol) or `paths` (how the path begins).
    """

    name: str
    model: str
    title: str
    protocol: str
    rates: str = ""
    target: str = ""
    version: str = ""
    paths: tuple[str, ...] = ()


SERVICES = (
    Entry("connect", "connect", "Amazon Connect", "rest-json", rates="connect"),
    Entry(
        "execute-api",
        "connectparticipant",
        "Amazon Connect Participant Service",
        "rest-json",
        rates="connect-participant",
    ),
    Entry("dynamodb", "dynamodb", "DynamoDB", "json 1.0", target="DynamoDB"),
    Entry(
        "lambda",
        "lambda",
        "Lambda",
        "rest-json",
        rates="lambda",
        paths=(
            "/2015-03-31/",
            "/2014-11-13/",
            "/2016-08-19/",
            "/2017-10-31/",
            "/2018-10-31/",
            "/2019-09-30/",
        ),
    ),
    Entry("lex", "lexv2-runtime", "Lex V2 runtime", "rest-json"),
    Entry("logs", "logs", "CloudWatch Logs", "json 1.1"),
    Entry(
        "monitoring",
        "cloudwatch",
        "CloudWatch",
        "json 1.0, CBOR, Query",
        rates="monitoring",
        target="GraniteServiceVersion",
        version="2010-08-01",
    ),
    Entry("servicequotas", "service-quotas", "Service Quotas", "json 1.1", target="ServiceQuotas"),
    Entry("sts", "sts", "STS", "Query", version="2011-06-15"),
)
