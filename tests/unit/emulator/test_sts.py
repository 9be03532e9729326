from __future__ import annotations

from dataclasses import dataclass

import botocore.parsers
import botocore.session
import pytest

from busyhour.emulator.messages import ApiError, Request
from busyhour.emulator.sts import Sts


@dataclass
class Account:
    account_id: str = "111122223333"


def request(body: bytes = b"", query: str = "") -> Request:
    return Request("POST", "/", query, {}, body, "sts", "us-east-1", "AKIDEXAMPLE", "the-request")


def parsed(response, operation="GetCallerIdentity"):
    model = botocore.session.get_session().get_service_model("sts")
    raw = {"status_code": response.status, "headers": {}, "body": response.body}
    return botocore.parsers.create_parser("query").parse(raw, model.operation_model(operation).output_shape)


@pytest.mark.parametrize("form", [{"body": b"Action=GetCallerIdentity&Version=2011-06-15"},
                                  {"query": "Action=GetCallerIdentity&Version=2011-06-15"}])  # fmt: skip
def test_the_caller_is_a_user_of_the_emulators_account(form):
    answer = parsed(Sts(Account()).handle(request(**form)))
    assert answer["Account"] == "111122223333"
    assert answer["Arn"] == "arn:aws:iam::111122223333:user/busyhour"
    assert answer["UserId"].startswith("AIDA")
    assert len(answer["UserId"]) == 21
    assert answer["ResponseMetadata"]["RequestId"] == "the-request"


def test_another_action_is_refused_in_stss_own_words():
    service, asked = Sts(Account()), request(b"Action=AssumeRole")
    with pytest.raises(ApiError, match="AssumeRole") as error:
        service.handle(asked)
    answer = parsed(service.error_response(error.value, asked))
    assert answer["Error"]["Code"] == "InvalidAction"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
