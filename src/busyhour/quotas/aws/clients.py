"""boto3 clients for reading quotas, and the sources made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.local_http import host_of, on_loopback, proxies_for
from busyhour.quotas.aws.calls import configuration
from busyhour.quotas.aws.cloudwatch import ConnectMetrics
from busyhour.quotas.aws.sources import (
    AppliedInAccount,
    AppliedToInstance,
    AwsDefault,
    DynamoDBLimits,
    LambdaAccountSettings,
)
from busyhour.quotas.aws.table_descriptions import TableDescriptions
from busyhour.quotas.resolve import DocumentedDefault, Source

REQUEST_ACTIONS = (
    "servicequotas:RequestServiceQuotaIncrease",
    "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
    "servicequotas:GetRequestedServiceQuotaChange",
    "iam:CreateServiceLinkedRole",
    "support:DescribeCases",
    "support:AddAttachmentsToSet",
    "support:AddCommunicationToCase",
)
"""IAM actions of `busyhour request --submit --status --attach`."""


@dataclass(frozen=True, slots=True)
class Clients:
    """boto3 clients of one account and Region."""

    region: str
    service_quotas: Any
    lambda_: Any
    dynamodb: Any
    cloudwatch: Any
    sts: Any = None
    """Names the account of the credentials; None where that was compared before."""


def client_maker(
    region: str | None, endpoint_url: str | None = None, attempts: int = 8
) -> tuple[str, Callable[[str], Any]]:
    """Return the Region, and a function that makes the boto3 client of a service; it makes no request yet.

    Args:
        region: AWS Region; None for the one in the user's AWS configuration.
        endpoint_url: the emulator, or another endpoint; None for AWS.
        attempts: how often a client makes a request that is throttled, the first time included.

    Raises:
        BusyhourError: no Region is given or configured, the AWS configuration cannot be used, or `endpoint_url` is not a URL.
    """
    from botocore.config import Config

    session = _session(region, endpoint_url)
    if not session.region_name:
        raise BusyhourError(
            "No AWS Region is given or configured.", "Use --region, or set AWS_DEFAULT_REGION."
        )
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=30,
        user_agent_extra="busyhour",
        proxies=proxies_for(endpoint_url),
    )

    def client(name: str) -> Any:
        try:
            with configuration():
                return session.client(name, endpoint_url=endpoint_url, config=config)
        except ValueError as error:
            raise BusyhourError(
                f"--endpoint-url {endpoint_url!r}: {error}", "Write http://127.0.0.1:4566."
            ) from None

    return session.region_name, client


def clients(region: str | None, endpoint_url: str | None = None) -> Clients:
    """Create clients that retry throttled reads, as `client_maker` does; none looks for credentials yet."""
    name, client = client_maker(region, endpoint_url)
    return Clients(
        name,
        client("service-quotas"),
        client("lambda"),
        client("dynamodb"),
        client("cloudwatch"),
        client("sts"),
    )


def support(endpoint_url: str | None = None) -> Any:
    """Create a client of AWS Support, which has one endpoint for all Regions. Makes no request yet."""
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        user_agent_extra="busyhour",
        proxies=proxies_for(endpoint_url),
    )
    session = _session("us-east-1", endpoint_url)
    with configuration():
        return session.client("support", endpoint_url=endpoint_url, config=config)


def _session(region: str | None, endpoint_url: str | None) -> Any:
    """Return a boto3 session; for an endpoint on loopback one that asks no instance metadata for credentials.

    Without any credentials such an endpoint receives fixed ones, which the emulator accepts.
    """
    import boto3
    import botocore.session

    with configuration():
        if endpoint_url is None or not on_loopback(host_of(endpoint_url)):
            return boto3.session.Session(region_name=region)
        inner = botocore.session.Session()
        chain = inner.get_component("credential_provider")
        for provider in ("container-role", "iam-role"):
            chain.remove(provider)
        if inner.get_credentials() is None:
            inner.set_credentials("emulator", "emulator")
        return boto3.session.Session(region_name=region, botocore_session=inner)


def read_only_sources(
    clients: Clients, instance_arn: str | None, overrides: Source | None = None
) -> list[Source]:
    """Return all sources, strongest first; those of an instance only if its ARN is given."""
    sources: list[Source] = []
    if instance_arn:
        sources.append(AppliedToInstance(clients.service_quotas, instance_arn))
    sources += [
        AppliedInAccount(clients.service_quotas),
        LambdaAccountSettings(clients.lambda_),
        DynamoDBLimits(clients.dynamodb),
    ]
    if instance_arn:
        sources.append(ConnectMetrics(clients.cloudwatch, instance_arn.rpartition("/")[2]))
    if overrides is not None:
        sources.append(overrides)
    return [*sources, AwsDefault(clients.service_quotas), DocumentedDefault()]


def required_actions() -> list[str]:
    """Return every IAM action that reading quotas needs, sorted."""
    classes = (
        AppliedToInstance,
        AppliedInAccount,
        LambdaAccountSettings,
        DynamoDBLimits,
        ConnectMetrics,
        AwsDefault,
        TableDescriptions,
    )
    return sorted({action for source in classes for action in source.required_iam_actions})


def iam_policy(actions: Iterable[str], name: str = "BusyhourQuotas") -> dict[str, Any]:
    """Return the least IAM policy that allows `actions`.

    None of them can be restricted to a resource, except `servicequotas:RequestServiceQuotaIncrease` to
    quotas, which would need a policy per run.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [{"Sid": name, "Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}],
    }
