"""Requests built from botocore's own models: method, path, headers and body of an operation, checked once.

botocore builds only the sample, when a run is prepared. Requests of the run are made from the sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.load.safety.live_operations import service_model


@dataclass(frozen=True, slots=True)
class Written:
    """One request as botocore builds it, not yet signed. Header names are lower case."""

    service: str
    """Signing name."""
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


def write(service: str, operation: str, parameters: Mapping[str, Any]) -> Written:
    """Check `parameters` against botocore's model of the operation and build the request.

    Raises:
        BusyhourError: the operation does not exist, or the parameters do not match it; all errors are named.
    """
    from botocore.serialize import create_serializer
    from botocore.validate import ParamValidator

    model = service_model(service)
    if operation not in model.operation_names:
        raise BusyhourError(
            f"{service} has no operation {operation!r}.{did_you_mean(operation, model.operation_names)}",
            f"Use a name from the API reference of {service}, such as {model.operation_names[0]}.",
        )
    shape = model.operation_model(operation)
    report = ParamValidator().validate(dict(parameters), shape.input_shape)
    if report.has_errors():
        raise BusyhourError(
            f"{service} {operation}: {report.generate_report()}",
            f"See the parameters of {operation} in the service's API reference.",
        )
    written = create_serializer(model.protocol, include_validation=False).serialize_to_request(
        dict(parameters), shape
    )
    query = written["query_string"] or {}
    body = written["body"]
    return Written(
        service=model.signing_name,
        method=written["method"],
        path=written["url_path"],
        query=tuple(
            (str(name), str(value))
            for name, given in query.items()
            for value in (given if isinstance(given, list | tuple) else (given,))
        ),
        headers={str(name).lower(): str(value) for name, value in written["headers"].items()},
        body=body if isinstance(body, bytes) else str(body).encode(),
    )


@lru_cache(maxsize=16)
def endpoint_of_signing_name(name: str, region: str) -> str:
    """Return the URL of the endpoint of the service that signs as `name` (see `endpoint`).

    Raises:
        BusyhourError: no service that a load test drives signs so.
    """
    services = {
        **{service: service for service in ("connect", "lambda", "dynamodb")},
        "connect-campaigns": "connectcampaignsv2",
        "connectcampaigns": "connectcampaigns",
    }
    if name not in services:
        raise BusyhourError(
            f"{name!r} is not a service that a load test drives.{did_you_mean(name, services)}",
            f"Services: {', '.join(sorted(services))}.",
        )
    return endpoint(services[name], region)


def endpoint(service: str, region: str) -> str:
    """Return the URL of the service's endpoint in the Region (AWS_ENDPOINT_URL and FIPS settings apply).

    Raises:
        BusyhourError: botocore has none.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        client = botocore.session.Session().create_client(
            service, region_name=region, aws_access_key_id="none", aws_secret_access_key="none"
        )
    except BotoCoreError as error:
        raise BusyhourError(
            f"{service} has no endpoint in {region!r}: {error}", "Check the scenario's Region."
        ) from None
    url: str = client.meta.endpoint_url
    return url
