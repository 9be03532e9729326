"""Certificates that the load client verifies by: AWS_CA_BUNDLE means what it means to boto3."""

import ssl
from pathlib import Path

import pytest
from botocore.httpsession import where

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.client.transport import tls_context


@pytest.mark.parametrize("value", ["", " ", "nosuch.pem", "text.pem", "."])
def test_a_bundle_that_is_not_a_file_of_certificates_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pem").write_text("no certificate")
    monkeypatch.setenv("AWS_CA_BUNDLE", value)
    with pytest.raises(BusyhourError, match=f"AWS_CA_BUNDLE: {value!r} cannot be used") as raised:
        tls_context()
    assert raised.value.exit_code is ExitCode.BAD_INPUT


def test_an_unset_variable_means_the_systems_certificates_and_a_file_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    monkeypatch.setenv("AWS_CA_BUNDLE", where())
    assert len(tls_context().get_ca_certs()) > 0
