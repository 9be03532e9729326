"""Signatures: AWS's own example, botocore's of every kind, and every fault of one."""

from __future__ import annotations

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.messages import Request
from busyhour.emulator.server.router import credential_scope
from busyhour.emulator.server.sigv4 import SKEW_SECONDS, Verifier, environment_credentials, read_credentials
from busyhour.errors import BusyhourError

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = 1_440_938_160.0  # 20150830T123600Z, the time of AWS's examples


def verifier(at=NOW, secrets=None, region="us-east-1"):
    return Verifier(secrets or {KEY: SECRET}, region, lambda: at)


def request_of(method, path, query, headers, body=b""):
    names = {name.lower(): value for name, value in headers.items()}
    access_key, region, service = credential_scope(names, query)
    return Request(method, path, query, names, body, service, region, access_key)


def signed(
    method="POST",
    path="/a/b",
    query="",
    body=b"{}",
    headers=None,
    *,
    service="connect",
    region="us-east-1",
    secret=SECRET,
    signer=SigV4Auth,
    at=NOW,
    monkeypatch=None,
):
    url = f"http://127.0.0.1:4580{path}" + (f"?{query}" if query else "")
    asked = AWSRequest(method, url, headers={"Host": "127.0.0.1:4580", **(headers or {})}, data=body)
    import datetime

    import botocore.auth

    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    original = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *a, **k: moment.replace(tzinfo=None)
    try:
        signer(Credentials(KEY, secret), service, region).add_auth(asked)
    finally:
        botocore.auth.get_current_datetime = original
    prepared = asked.prepare()
    _, _, rest = prepared.url.partition("://")
    target = "/" + rest.partition("/")[2]
    return request_of(
        method, target.partition("?")[0], target.partition("?")[2], dict(prepared.headers.items()), body
    )


def code(request, checker=None):
    refused = (checker or verifier()).refusal(request)
    return None if refused is None else (refused.code, refused.status)


def test_the_example_of_awss_own_test_suite_is_right():
    """`get-vanilla-query-order-key-case` of the Signature Version 4 test suite."""
    headers = {
        "Host": "example.amazonaws.com",
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    }
    assert code(request_of("GET", "/", "Param2=value2&Param1=value1", headers)) is None


@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    st.text("abz09-_.~%20/é ", max_size=12),
    st.lists(st.tuples(st.text("ab%=&+ é", max_size=4), st.text("xy ", max_size=3)), max_size=3),
    st.binary(max_size=30),
)
def test_what_botocore_signs_is_right_and_not_with_another_secret(method, path, pairs, body):
    from urllib.parse import quote, urlencode

    asked = {"method": method, "path": "/" + quote(path).lstrip("/"), "query": urlencode(pairs), "body": body}
    assert code(signed(**asked)) is None
    assert code(signed(**asked, secret="another")) == ("InvalidSignatureException", 403)


def test_a_presigned_url_is_right_until_it_expires():
    request = signed("GET", body=b"", signer=SigV4QueryAuth)
    assert "X-Amz-Signature" in request.query
    assert code(request, verifier(NOW + 3_599)) is None
    assert code(request, verifier(NOW + 3_601)) == ("InvalidSignatureException", 403)


def test_whatever_was_signed_cannot_be_changed():
    request = signed(headers={"X-Amz-Target": "T.Op", "Content-Type": "application/x-amz-json-1.0"})
    assert code(request) is None
    for change in ({"body": b"{ }"}, {"path": "/a/c"}, {"query": "x=1"}, {"method": "PUT"}):
        fields = {name: getattr(request, name) for name in Request.__slots__}
        assert code(Request(**fields | change)) == ("InvalidSignatureException", 400)
    changed = {**request.headers, "x-amz-target": "T.Other"}
    fields = {name: getattr(request, name) for name in Request.__slots__}
    assert code(Request(**fields | {"headers": changed})) == ("InvalidSignatureException", 400)


@pytest.mark.parametrize("late", [SKEW_SECONDS + 2, -SKEW_SECONDS - 2])
def test_a_signature_is_good_for_five_minutes(late):
    request = signed()
    assert code(request, verifier(NOW + late * 0.9)) is None
    refused = verifier(NOW + late).refusal(request)
    assert refused is not None
    assert refused.code == "InvalidSignatureException"
    assert "5 min." in refused.message


def test_every_refusal_has_the_name_that_its_protocol_uses():
    """(rest-json, JSON, Query), as in the "Common errors" of Connect, DynamoDB and STS."""
    kinds = ({}, {"X-Amz-Target": "T.Op"}, {"Content-Type": "application/x-www-form-urlencoded"})

    def codes(change):
        found = []
        for headers in kinds:
            request = signed(headers=headers)
            request.headers = {**request.headers, **change}
            found.append(code(request))
        return found

    assert codes({"authorization": ""}) == [
        ("MissingAuthenticationTokenException", 403),
        ("MissingAuthenticationTokenException", 400),
        ("MissingAuthenticationToken", 403),
    ]
    assert codes({"authorization": "AWS4-HMAC-SHA256 Credential=x"}) == [
        ("IncompleteSignatureException", 400),
        ("IncompleteSignatureException", 400),
        ("IncompleteSignature", 400),
    ]
    assert codes({"x-amz-date": "today"}) == [
        ("IncompleteSignatureException", 400),
        ("IncompleteSignatureException", 400),
        ("IncompleteSignature", 400),
    ]
    assert codes({"content-length": "0", "host": "other"}) == [
        ("InvalidSignatureException", 403),
        ("InvalidSignatureException", 400),
        ("SignatureDoesNotMatch", 403),
    ]
    stranger = verifier(secrets={"AKIDOTHER": "x"})
    assert [code(signed(headers=headers), stranger) for headers in kinds] == [
        ("UnrecognizedClientException", 403),
        ("UnrecognizedClientException", 400),
        ("InvalidClientTokenId", 403),
    ]


def test_the_region_must_be_the_emulators_own():
    assert code(signed(region="eu-west-1")) == ("InvalidSignatureException", 403)


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_header_makes_it_fail(authorization, stamp):
    headers = {"host": "x", "x-amz-date": stamp, "authorization": authorization}
    assert verifier().refusal(request_of("GET", "/", "", headers)) is not None


def test_credentials_come_from_a_file_or_from_the_environment(tmp_path):
    path = tmp_path / "credentials"
    path.write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = a%b\n"
        "[other]\naws_access_key_id = B\naws_secret_access_key = b\n[half]\naws_access_key_id = C\n"
    )
    assert read_credentials(path) == {"A": "a%b", "B": "b"}
    both = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "a"}
    assert environment_credentials(both) == {"A": "a"}
    with pytest.raises(BusyhourError, match="not set"):
        environment_credentials({"AWS_ACCESS_KEY_ID": "A"})


@pytest.mark.parametrize("text", [None, "", "[half]\naws_access_key_id = C\n", "no section", b"\xff"])
def test_a_file_without_credentials_is_refused(tmp_path, text):
    path = tmp_path / "credentials"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BusyhourError, match="--auth"):
        read_credentials(path)
