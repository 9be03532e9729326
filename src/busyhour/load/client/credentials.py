"""Credentials to sign with: boto3's own chain for AWS, fixed ones for the emulator.

Profiles, SSO, assumed roles, containers and instance metadata all come from botocore's resolver, which also
refreshes expiring credentials. Nothing is read before it is needed, and nothing is written here; botocore
itself keeps a renewed SSO token where `aws sso login` put the old one (~/.aws/sso/cache).

The chain makes network requests and starts processes, which must not happen in gevent's hub or in the clock's
loop. It is therefore read in a greenlet of its own (`renew`), and signing uses the keys that were read last
(`keys`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Protocol

from busyhour.errors import BusyhourError, ExitCode, did_you_mean
from busyhour.load.client.sigv4 import Keys
from busyhour.quotas.aws.calls import account_unknown
from busyhour.shared_secret import emulator_token

RENEW_SECONDS = 2.0
"""Seconds between reads of botocore's credentials.

Botocore renews them 10 to 15 minutes early; a read is otherwise free.
"""


class Credentials(Protocol):
    """Source of keys."""

    def keys(self) -> Keys:
        """Return the current keys. Never blocks once `renew` was called."""

    def renew(self) -> None:
        """Read the keys again. May block: call it from a greenlet."""


class FixedCredentials:
    """Fixed keys that never expire; without any, those for an emulator (`emulator_token.keys`).

    Raises:
        BusyhourError: the emulator's token is too short.
    """

    def __init__(self, keys: Keys | None = None) -> None:
        self._keys = keys or Keys(*emulator_token.keys(os.environ))

    def keys(self) -> Keys:
        """Return the given keys."""
        return self._keys

    def renew(self) -> None:
        """Do nothing: the keys are fixed."""


class ChainCredentials:
    """Keys from boto3's chain.

    Args:
        profile: a profile's name; None: from the environment.
        account: the account that the keys must be of, and the Region whose STS names it; None: not compared.
        session: makes a botocore session; tests pass their own.
    """

    def __init__(
        self,
        profile: str | None = None,
        *,
        account: tuple[str, str] | None = None,
        session: Callable[[], Any] | None = None,
    ) -> None:
        self._profile = profile
        self._account = account
        self._make_session = session
        self._source: Any = None
        self._keys: Keys | None = None

    def keys(self) -> Keys:
        """Return the keys that were read last; read them first if none were.

        Raises:
            BusyhourError: as `renew`.
        """
        if self._keys is None:
            self.renew()
        assert self._keys is not None
        return self._keys

    def renew(self) -> None:
        """Read the keys; on failure the previous ones remain.

        Raises:
            BusyhourError: the chain has no credentials, they expired and cannot be renewed, or STS cannot be reached
                (exit code 5); they are of another account (exit code 3).
        """
        keys = self._read()
        if keys != self._keys:
            self._compare(keys)
            self._keys = keys

    def _compare(self, keys: Keys) -> None:
        """Compare the account that STS names for new keys with the run's, before a request is signed with them."""
        if self._account is None:
            return
        account, region = self._account
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            sts = self._botocore.create_client(
                "sts",
                region_name=region,
                aws_access_key_id=keys.access_key,
                aws_secret_access_key=keys.secret_key,
                aws_session_token=keys.token,
                config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 4}),
            )
            found = sts.get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise account_unknown("STS GetCallerIdentity", error) from error
        if found.get("Account") != account:
            raise BusyhourError(
                f"Refused: the credentials of this process are of account {found.get('Account') or '(none)'} "
                f"({found.get('Arn', '')}), the run's is {account}.",
                "Give each worker credentials of the account that the safety gate has passed.",
                ExitCode.REFUSED,
            )

    @cached_property
    def _botocore(self) -> Any:
        if self._make_session is not None:
            return self._make_session()
        import botocore.session

        for name in ("botocore.credentials", "botocore.tokens"):
            logging.getLogger(name).addFilter(_without_traceback)
        return botocore.session.Session(profile=self._profile)

    def _read(self) -> Keys:
        try:
            if self._source is None:
                self._source = self._botocore.get_credentials()
            frozen = self._source.get_frozen_credentials() if self._source is not None else None
        except Exception as error:
            # botocore's chain raises its own errors, those of SSO and of any configured credential process.
            raise _unreadable(error, self._botocore) from error
        if frozen is None:
            raise BusyhourError(
                "No AWS credentials found.",
                "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run where a role gives them; boto3's usual places are searched.",
                ExitCode.UNREACHABLE,
            )
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)


def _without_traceback(record: logging.LogRecord) -> bool:
    """Suppress botocore's log of failed renewals with tracebacks; its exception becomes an error or a note."""
    record.exc_info = None
    return True


def _unreadable(error: Exception, session: Any) -> BusyhourError:
    """Make the error and its hint for a failed chain of a botocore session."""
    from botocore.exceptions import ProfileNotFound, SSOError, TokenRetrievalError

    profile = str(session.profile or "default")
    profiles = session.full_config.get("profiles", {})
    hint = "Check AWS_PROFILE and ~/.aws/config, and that AWS can be reached from here."
    if isinstance(error, SSOError | TokenRetrievalError):
        hint = f"Log in again: aws sso login --profile {_logs_in(profile, profiles)}"
    elif isinstance(error, ProfileNotFound):
        hint = f"Check AWS_PROFILE.{did_you_mean(profile, profiles)}"
    return BusyhourError(
        f"AWS credentials of the profile {profile!r} cannot be read: {error}", hint, ExitCode.UNREACHABLE
    )


def _logs_in(profile: str, profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the profile with the SSO settings: this one, or its source profile."""
    passed: list[str] = []
    name = profile
    while name not in passed:
        passed.append(name)
        settings = profiles.get(name, {})
        if "sso_session" in settings or "sso_start_url" in settings:
            return name
        name = str(settings.get("source_profile", name))
    return profile
