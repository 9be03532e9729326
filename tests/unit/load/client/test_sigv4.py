import datetime
import string

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.load.client.sigv4 import Keys, Prepared, canonical_path, canonical_query, signing_key

EXAMPLE = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
WHEN = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.UTC).timestamp()


def parts(request):
    head, _, body = request.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    return line, dict(each.split(": ", 1) for each in rest), body


def signature(request):
    return parts(request)[1]["authorization"].rpartition("Signature=")[2]


def test_the_signing_key_is_the_one_of_awss_documentation():
    # IAM User Guide, "Create a signed AWS API request": example of the derived key.
    key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "expected"),
    [
        # Names of AWS's published SigV4 test suite (aws-sig-v4-test-suite).
        (
            "GET",
            "/",
            "",
            {},
            b"",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),  # get-vanilla
        (
            "POST",
            "/",
            "",
            {},
            b"",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),  # post-vanilla
        (
            "GET",
            "/",
            "Param1=value1&Param2=value2",
            {},
            b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),  # get-vanilla-query-order-key-case
        (
            "POST",
            "/",
            "",
            {"content-type": "application/x-www-form-urlencoded"},
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),  # post-x-www-form-urlencoded
    ],
)
def test_awss_published_vectors(method, path, query, headers, body, expected):
    prepared = Prepared(method, "example.amazonaws.com", path, headers, "us-east-1", "service", query)
    assert signature(prepared.sign(EXAMPLE, WHEN, body)) == expected


class _At(datetime.datetime):
    moment = WHEN

    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(cls.moment, datetime.UTC).replace(tzinfo=None)

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.moment, tz)


segment = st.text(string.ascii_letters + string.digits + "-_.~:$ é+@", min_size=1, max_size=12)
header_value = (
    st.text(string.ascii_letters + string.digits + " ;=/.-", max_size=20).map(str.strip).filter(bool)
)


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    segments=st.lists(segment.filter(lambda s: s not in (".", "..")), max_size=4),
    query=st.lists(st.tuples(segment, segment), max_size=3, unique_by=lambda pair: pair[0]),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "x-amz-target", "x-amz-invocation-type", "x-custom"]), header_value
    ),
    body=st.binary(max_size=200),
    token=st.none() | st.text(string.ascii_letters + string.digits + "+/=", min_size=1, max_size=40),
    service=st.sampled_from(["connect", "lambda", "dynamodb"]),
    when=st.integers(1_600_000_000, 2_000_000_000),
)
def test_botocore_signs_the_same(method, segments, query, headers, body, token, service, when):
    from urllib.parse import quote

    import botocore.auth
    import botocore.compat

    path = "/" + "/".join(quote(each, safe="-_.~") for each in segments)
    host = "service.us-east-1.amazonaws.com"
    keys = Keys("AKID", "secret", token)
    prepared = Prepared(method, host, path, headers, "us-east-1", service, canonical_query(query))
    ours = signature(prepared.sign(keys, when, body))

    url = f"https://{host}{path}"
    if query:
        url += "?" + canonical_query(query)
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    with pytest.MonkeyPatch.context() as patch:
        _At.moment = when
        patch.setattr(botocore.auth, "get_current_datetime", lambda: _At.utcnow(), raising=False)
        SigV4Auth(BotoCredentials("AKID", "secret", token), service, "us-east-1").add_auth(request)
    assert ours == request.headers["Authorization"].rpartition("Signature=")[2]


def test_what_is_kept_for_a_second_is_renewed_with_the_second_and_with_the_keys():
    prepared = Prepared("PUT", "h", "/p", {}, "us-east-1", "connect")
    first = prepared.sign(EXAMPLE, WHEN, b"{}")
    assert prepared.sign(EXAMPLE, WHEN + 0.9, b"{}") == first
    assert prepared.sign(EXAMPLE, WHEN + 1, b"{}") != first
    other = Keys("OTHER", "other", "token")
    fresh = Prepared("PUT", "h", "/p", {}, "us-east-1", "connect").sign(other, WHEN, b"{}")
    assert prepared.sign(other, WHEN, b"{}") == fresh
    assert b"x-amz-security-token: token" in fresh


@pytest.mark.parametrize("key", ["AAAA", "ZZZZ"])
def test_a_key_that_replaces_another_within_a_second_signs(key):
    prepared = Prepared("GET", "example.amazonaws.com", "/", {}, "us-east-1", "service")
    prepared.sign(Keys("MMMM", "old", "t"), WHEN, b"")
    fresh = Prepared("GET", "example.amazonaws.com", "/", {}, "us-east-1", "service")
    new = Keys(key, "new", "t")
    assert prepared.sign(new, WHEN, b"") == fresh.sign(new, WHEN, b"")


def test_a_secret_that_changes_under_the_same_key_id_is_noticed_with_its_token():
    prepared = Prepared("PUT", "h", "/p", {}, "us-east-1", "connect")
    prepared.sign(Keys("A", "one", "t1"), WHEN, b"")
    assert prepared.sign(Keys("A", "two", "t2"), WHEN, b"") == Prepared(
        "PUT", "h", "/p", {}, "us-east-1", "connect"
    ).sign(Keys("A", "two", "t2"), WHEN, b"")


def test_a_replaced_path_gives_what_preparing_it_would_have_given():
    path = "/contacts/instance/contact%3A1"
    replaced = Prepared("GET", "h", "/", {}, "us-east-1", "connect", "a=1").sign(EXAMPLE, WHEN, b"", path)
    assert replaced == Prepared("GET", "h", path, {}, "us-east-1", "connect", "a=1").sign(EXAMPLE, WHEN, b"")


def test_the_request_is_whole():
    line, headers, body = parts(
        Prepared(
            "PUT",
            "localhost:8080",
            "/contact/outbound-voice",
            {"content-type": "application/json"},
            "r",
            "connect",
        ).sign(EXAMPLE, WHEN, b'{"a":1}')
    )
    assert line == "PUT /contact/outbound-voice HTTP/1.1"
    assert headers["host"] == "localhost:8080"
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert headers["content-length"] == "7"
    assert "SignedHeaders=content-type;host;x-amz-date" in headers["authorization"]
    assert body == b'{"a":1}'


def test_a_path_is_encoded_twice_in_the_signature_as_all_services_but_s3_want_it():
    assert canonical_path("/functions/arn%3Aaws") == "/functions/arn%253Aaws"
    assert canonical_path("") == "/"


def test_a_clock_that_is_set_back_over_midnight_signs_with_the_key_of_that_day():
    def fresh(now):
        return signature(Prepared("GET", "host", "/", {}, "us-east-1", "connect").sign(EXAMPLE, now, b""))

    kept = Prepared("GET", "host", "/", {}, "us-east-1", "connect")
    for now in (WHEN, WHEN - 86_400, WHEN - 2 * 86_400, WHEN + 86_400):
        assert signature(kept.sign(EXAMPLE, now, b"")) == fresh(now)
