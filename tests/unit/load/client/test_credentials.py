import json
import os
import shutil
from types import SimpleNamespace

import botocore.credentials
import botocore.tokens
import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.client.credentials import ChainCredentials, FixedCredentials
from busyhour.load.client.sigv4 import Keys


class Source:
    """Stands for botocore's credentials: new keys each time they are asked for."""

    def __init__(self):
        self.asked = 0

    def get_frozen_credentials(self):
        self.asked += 1
        return SimpleNamespace(access_key=f"key{self.asked}", secret_key="secret", token=None)


def chain(source):
    session = SimpleNamespace(get_credentials=lambda: source, profile=None, full_config={})
    return ChainCredentials(session=lambda: session)


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


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Nothing of this machine's own AWS settings; botocore fixes the folder of SSO's tokens when it is imported."""
    cache = tmp_path / ".aws" / "sso" / "cache"
    for owner in (botocore.credentials.SSOProvider, botocore.tokens.SSOTokenProvider):
        monkeypatch.setattr(owner, "_SSO_TOKEN_CACHE_DIR", str(cache))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_PROFILE", "staging")
    return tmp_path


both_forms = pytest.mark.parametrize("session", [False, True], ids=["legacy", "sso-session"])


@both_forms
def test_an_sso_profile_gives_the_keys_of_its_role(sso_portal, home, session):
    sso_portal.home(home, session=session)
    credentials = ChainCredentials()
    assert credentials.keys() == Keys("SSO1", "secret", "session")
    credentials.renew()
    assert credentials.keys().access_key == "SSO1"
    ((method, path, headers, _),) = sso_portal.requests
    assert (method, path) == ("GET", "/federation/credentials?role_name=LoadTest&account_id=123456789012")
    assert not any(name.lower() == "authorization" for name in headers)


@both_forms
def test_keys_of_an_sso_role_are_renewed_before_they_expire(sso_portal, home, session):
    sso_portal.home(home, session=session)
    sso_portal.lasts = 300.0
    credentials = ChainCredentials()
    assert credentials.keys().access_key == "SSO1"
    credentials.renew()
    assert credentials.keys().access_key == "SSO2"


def test_the_token_of_an_sso_session_is_renewed_while_its_registration_lasts(sso_portal, home):
    cache = sso_portal.home(home, session=True, token_lasts=60.0, renewable=True)
    assert ChainCredentials().keys() == Keys("SSO2", "secret", "session")
    assert [path.partition("?")[0] for _, path, _, _ in sso_portal.requests] == [
        "/token",
        "/federation/credentials",
    ]
    (kept,) = cache.iterdir()
    assert json.loads(kept.read_text())["accessToken"] == "portal-token-1"


@both_forms
@pytest.mark.parametrize("why", ["expired", "revoked", "never logged in"])
def test_an_sso_token_that_does_not_hold_is_said_with_the_login_that_helps(sso_portal, home, session, why):
    cache = sso_portal.home(home, session=session, token_lasts=-60.0 if why == "expired" else 3600.0)
    if why == "revoked":
        sso_portal.token = "another"
    if why == "never logged in":
        shutil.rmtree(cache)
    with pytest.raises(
        BusyhourError, match="AWS credentials of the profile 'staging' cannot be read"
    ) as caught:
        ChainCredentials().keys()
    assert caught.value.hint == "Log in again: aws sso login --profile staging"
    assert caught.value.exit_code is ExitCode.UNREACHABLE


def test_after_the_login_the_same_run_goes_on_with_new_keys(sso_portal, home):
    cache = sso_portal.home(home, session=False)
    sso_portal.lasts = 300.0
    credentials = ChainCredentials()
    credentials.keys()
    (kept,) = cache.iterdir()
    token = kept.read_text()
    kept.write_text(token.replace('"expiresAt": "2', '"expiresAt": "1'))
    with pytest.raises(BusyhourError, match="'staging'"):
        credentials.renew()
    assert credentials.keys().access_key == "SSO1"
    kept.write_text(token)
    credentials.renew()
    assert credentials.keys().access_key == "SSO2"


ROLE = """
[profile role]
role_arn = arn:aws:iam::123456789012:role/generator
source_profile = staging
region = us-east-1
services = here
"""


def test_a_role_is_assumed_with_the_keys_of_its_source_profile_and_assumed_again_before_it_ends(
    sso_portal, home, monkeypatch
):
    sso_portal.home(home, session=True, more=ROLE)
    sso_portal.lasts = 300.0
    monkeypatch.setenv("AWS_PROFILE", "role")
    credentials = ChainCredentials()
    first = credentials.keys()
    assert first.access_key.startswith("STS")
    assume = next(request for request in sso_portal.requests if b"Action=AssumeRole" in request[3])
    assert "Credential=SSO" in {name.lower(): value for name, value in assume[2].items()}["authorization"]
    assert b"role%2Fgenerator" in assume[3]
    credentials.renew()
    second = credentials.keys()
    assert second.access_key.startswith("STS")
    assert second != first


def test_a_role_whose_source_profile_must_log_in_names_that_profile(sso_portal, home, monkeypatch):
    sso_portal.home(home, session=True, token_lasts=-60.0, more=ROLE)
    monkeypatch.setenv("AWS_PROFILE", "role")
    with pytest.raises(BusyhourError, match="of the profile 'role' cannot be read") as caught:
        ChainCredentials().keys()
    assert caught.value.hint == "Log in again: aws sso login --profile staging"


def test_a_profile_that_is_misspelt_is_said_with_the_one_that_is_meant(sso_portal, home):
    sso_portal.home(home, session=False)
    with pytest.raises(BusyhourError, match="stagign") as caught:
        ChainCredentials("stagign").keys()
    assert "Did you mean 'staging'?" in caught.value.hint


class Sts:
    """Stands for botocore's session: names the account of each access key."""

    profile = None

    def __init__(self, source, *accounts):
        self.source, self.accounts, self.asked, self.full_config = source, list(accounts), [], {}

    def get_credentials(self):
        return self.source

    def create_client(self, service, **given):
        assert service == "sts"
        self.asked.append((given["region_name"], given["aws_access_key_id"]))
        account = self.accounts.pop(0)
        return SimpleNamespace(
            get_caller_identity=lambda: {"Account": account, "Arn": f"arn:aws:iam::{account}:user/u"}
        )


def test_a_worker_signs_with_no_keys_of_another_account():
    session = Sts(Source(), "222222222222")
    credentials = ChainCredentials(account=("111111111111", "eu-west-2"), session=lambda: session)
    with pytest.raises(
        BusyhourError, match=r"of account 222222222222 .*, the run's is 111111111111"
    ) as refused:
        credentials.keys()
    assert refused.value.exit_code is ExitCode.REFUSED
    assert session.asked == [("eu-west-2", "key1")]


def test_renewed_keys_of_another_account_are_noticed_and_not_used():
    session = Sts(Source(), "111111111111", "222222222222", "111111111111")
    credentials = ChainCredentials(account=("111111111111", "us-east-1"), session=lambda: session)
    assert credentials.keys() == Keys("key1", "secret")
    with pytest.raises(BusyhourError, match="of account 222222222222"):
        credentials.renew()
    assert credentials.keys() == Keys("key1", "secret")
    credentials.renew()
    assert credentials.keys() == Keys("key3", "secret")


def test_unchanged_keys_are_not_asked_about_again():
    source = Source()
    session = Sts(source, "111111111111")
    credentials = ChainCredentials(account=("111111111111", "us-east-1"), session=lambda: session)
    credentials.keys()
    source.asked = 0
    credentials.renew()
    assert len(session.asked) == 1


def test_an_account_that_sts_does_not_name_is_not_driven():
    from botocore.exceptions import EndpointConnectionError

    session = Sts(Source())
    session.create_client = lambda *_, **__: SimpleNamespace(get_caller_identity=lambda: fail())

    def fail():
        raise EndpointConnectionError(endpoint_url="https://sts")

    with pytest.raises(BusyhourError, match="GetCallerIdentity failed") as refused:
        ChainCredentials(account=("111111111111", "us-east-1"), session=lambda: session).keys()
    assert refused.value.exit_code is ExitCode.UNREACHABLE
