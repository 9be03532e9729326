"""Which endpoints need no safety gate."""

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.safety import endpoints

HEALTH = b'{"instance_arn": "arn:aws:connect:eu-west-2:123456789012:instance/i-7"}'


def refused(endpoint):
    with pytest.raises(BusyhourError) as caught:
        endpoints.check(endpoint)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "busyhour run SCENARIO --target aws --live" in caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_this_machine_is_free(host):
    endpoints.check(f"http://{host}:8080")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://connect.us-east-1.amazonaws.com",
        "https://CONNECT.us-east-1.amazonaws.com.",
        "https://connect-fips.us-gov-west-1.amazonaws.com:443/",
        "https://lambda.eu-west-2.api.aws",
        "https://dynamodb.cn-north-1.amazonaws.com.cn",
    ],
)
def test_aws_given_as_a_host_is_refused_and_not_even_asked(endpoint, monkeypatch):
    monkeypatch.setattr(endpoints, "identity", lambda endpoint: pytest.fail("asked"))
    assert "is AWS itself" in refused(endpoint)


def test_another_machine_is_free_where_it_says_that_it_is_the_emulator(fake_aws, monkeypatch):
    monkeypatch.setattr(endpoints, "on_loopback", lambda host: False)
    assert "neither on this machine nor a busyhour emulator" in refused(fake_aws.url)
    fake_aws.answers["/_busyhour/health"] = (200, {}, HEALTH)
    endpoints.check(fake_aws.url)
    assert endpoints.identity(fake_aws.url) == {
        "BUSYHOUR_INSTANCE": "i-7",
        "BUSYHOUR_REGION": "eu-west-2",
        "BUSYHOUR_ACCOUNT": "123456789012",
    }


@pytest.mark.parametrize("answer", [b"no json", b"[]", b'{"instance_arn": 7}', b'{"instance_arn": "x"}'])
def test_who_answers_anything_else_is_not_the_emulator(fake_aws, answer):
    fake_aws.answers["/_busyhour/health"] = (200, {}, answer)
    assert endpoints.identity(fake_aws.url) == {}
