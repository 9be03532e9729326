from types import SimpleNamespace

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.credentials import ChainCredentials, FixedCredentials
from busyhour.load.sigv4 import Keys


class Source:
    """Stands for botocore's credentials: new keys each time they are asked for."""

    def __init__(self):
        self.asked = 0

    def get_frozen_credentials(self):
        self.asked += 1
        return SimpleNamespace(access_key=f"key{self.asked}", secret_key="secret", token=None)


def chain(source):
    return ChainCredentials(session=lambda: SimpleNamespace(get_credentials=lambda: source))


def test_keys_are_read_when_first_needed_and_again_when_they_are_to_be_renewed():
    source = Source()
    credentials = chain(source)
    assert source.asked == 0
    assert credentials.keys() == credentials.keys() == Keys("key1", "secret")
    credentials.renew()
    assert credentials.keys().access_key == "key2"


def test_keys_that_cannot_be_renewed_are_used_on():
    source = Source()
    credentials = chain(source)
    credentials.keys()
    source.get_frozen_credentials = lambda: 1 / 0
    with pytest.raises(BusyhourError, match="cannot be read"):
        credentials.renew()
    assert credentials.keys() == Keys("key1", "secret")


def test_no_credentials_are_said_with_the_way_out():
    with pytest.raises(BusyhourError, match="No AWS credentials") as caught:
        chain(None).keys()
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.UNREACHABLE


def test_expired_ones_are_said():
    class Expired:
        def get_frozen_credentials(self):
            raise RuntimeError("token expired")

    with pytest.raises(BusyhourError, match="token expired"):
        chain(Expired()).keys()


def test_the_environment_is_read_as_boto3_reads_it(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    assert ChainCredentials().keys() == Keys("AKID", "secret", "token")


def test_the_emulators_keys_never_change():
    assert FixedCredentials().keys() == FixedCredentials().keys() == Keys("emulator", "emulator")
