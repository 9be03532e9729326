"""boto3 calls: an error of one request is returned, an error that stops every request is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from busyhour.errors import BusyhourError, ExitCode

T = TypeVar("T")

_BAD_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
}


@dataclass(frozen=True, slots=True)
class Failed:
    """An AWS request that returned an error."""

    code: str
    message: str


@contextmanager
def configuration() -> Iterator[None]:
    """Make botocore's errors while a session or client is created, before any request, errors of the user's configuration.

    Raises:
        BusyhourError: a variable (AWS_PROFILE, AWS_CA_BUNDLE, ...) or a file of the AWS configuration cannot be used.
    """
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except BotoCoreError as error:
        raise BusyhourError(
            f"The AWS configuration cannot be used: {str(error).rstrip('.')}.",
            "Check the AWS_ variables of the environment (an empty one is not an unset one) and ~/.aws/config.",
        ) from None


def ask(call: Callable[[], T]) -> T | Failed:
    """Make a boto3 call. An error of AWS is returned as a value.

    Raises:
        BusyhourError: no credentials, rejected credentials, or an unreachable endpoint: any further request
            would fail too.
    """
    # Not at module level: reading documented values must not import botocore.
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        HTTPClientError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
        TokenRetrievalError,
        UnauthorizedSSOTokenError,
    )
    from botocore.exceptions import (
        ConnectionError as NotConnected,
    )

    try:
        return call()
    except ClientError as error:
        failed = Failed(error.response["Error"]["Code"], error.response["Error"]["Message"])
        if failed.code in _BAD_CREDENTIALS:
            raise BusyhourError(
                f"AWS rejects the credentials: {failed.code}: {failed.message}",
                "Renew them (`aws sso login`, `aws configure`), then try again.",
                ExitCode.UNREACHABLE,
            ) from None
        return failed
    except (
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
        TokenRetrievalError,
        UnauthorizedSSOTokenError,
    ) as error:
        raise BusyhourError(
            f"No request to AWS is possible: {error}", "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, and a Region."
        ) from None
    except (NotConnected, HTTPClientError) as error:
        raise BusyhourError(
            f"AWS cannot be reached: {error}",
            "Check the network, the Region and --endpoint-url.",
            ExitCode.UNREACHABLE,
        ) from None
    except BotoCoreError as error:
        return Failed(type(error).__name__, str(error))


def account_unknown(what: str, error: Exception) -> BusyhourError:
    """Return the error for a failed request for the account of the credentials, such as `STS GetCallerIdentity`."""
    return BusyhourError(
        f"{what} failed, so that the account of the credentials is not known: {error}",
        "Check AWS_PROFILE, the login and the network of this machine.",
        ExitCode.UNREACHABLE,
    )
