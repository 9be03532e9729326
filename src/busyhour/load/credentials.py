"""Credentials to sign with: boto3's own chain for AWS, fixed ones for the emulator.

Profiles, SSO, assumed roles, containers and instance metadata all come from botocore's resolver, which also
refreshes what expires. Nothing is read before it is needed, and nothing is ever written.

The chain asks over the network and starts processes, which nothing may do that runs in gevent's hub or in the clock's
loop. So it is read in a greenlet of its own (`renew`), and whoever signs takes the keys that were read last (`keys`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.sigv4 import Keys

EMULATOR_KEYS = Keys("emulator", "emulator")
"""The emulator takes any key; it reads the account from it and checks no signature."""

RENEW_SECONDS = 2.0
"""How often botocore is asked for its credentials. It renews them 10 to 15 minutes early, and costs nothing else."""


class Credentials(Protocol):
    """Where keys come from."""

    def keys(self) -> Keys:
        """The keys to sign with now. Never blocks once `renew` was called."""

    def renew(self) -> None:
        """Read them again. May block: call it from a greenlet."""


class FixedCredentials:
    """The same keys for ever."""

    def __init__(self, keys: Keys = EMULATOR_KEYS) -> None:
        self._keys = keys

    def keys(self) -> Keys:
        """The keys given."""
        return self._keys

    def renew(self) -> None:
        """There is nothing to read."""


class ChainCredentials:
    """Keys from boto3's chain.

    Args:
        profile: a profile's name; None: what the environment says.
        session: makes a botocore session; handed in by tests.
    """

    def __init__(self, profile: str | None = None, *, session: Callable[[], Any] | None = None) -> None:
        self._profile = profile
        self._session = session
        self._source: Any = None
        self._keys: Keys | None = None

    def keys(self) -> Keys:
        """The keys that were read last; reads them where none were.

        Raises:
            BusyhourError: as `renew`.
        """
        if self._keys is None:
            self.renew()
        assert self._keys is not None
        return self._keys

    def renew(self) -> None:
        """Read the keys; where that fails, those of before stay.

        Raises:
            BusyhourError: the chain has no credentials, or they expired and cannot be renewed.
        """
        self._keys = self._read()

    def _read(self) -> Keys:
        try:
            if self._source is None:
                self._source = self._make_session().get_credentials()
            frozen = self._source.get_frozen_credentials() if self._source is not None else None
        except Exception as error:
            # botocore's chain raises its own errors, those of SSO and of whatever credential process is configured.
            raise BusyhourError(
                f"AWS credentials cannot be read: {error}",
                "Log in again (for example `aws sso login`), or check AWS_PROFILE and ~/.aws/config.",
                ExitCode.UNREACHABLE,
            ) from error
        if frozen is None:
            raise BusyhourError(
                "No AWS credentials found.",
                "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run where a role gives them; boto3's usual places are searched.",
                ExitCode.UNREACHABLE,
            )
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)

    def _make_session(self) -> Any:
        if self._session is not None:
            return self._session()
        import botocore.session

        return botocore.session.Session(profile=self._profile)
