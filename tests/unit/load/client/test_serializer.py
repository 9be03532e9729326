import pytest

from busyhour.errors import BusyhourError
from busyhour.load.client.serializer import endpoint, write


def test_rest_json_with_a_body():
    written = write(
        "connect",
        "StartOutboundVoiceContact",
        {"InstanceId": "i", "ContactFlowId": "f", "DestinationPhoneNumber": "+1"},
    )
    assert (written.service, written.method, written.path) == ("connect", "PUT", "/contact/outbound-voice")
    assert written.headers == {"content-type": "application/json"}
    assert b'"DestinationPhoneNumber"' in written.body


def test_rest_json_with_its_parameters_in_the_path():
    written = write("connect", "DescribeContact", {"InstanceId": "i", "ContactId": "a/b"})
    assert (written.method, written.path, written.body) == ("GET", "/contacts/i/a%2Fb", b"")


def test_lambda_says_how_it_is_invoked_in_a_header():
    written = write("lambda", "Invoke", {"FunctionName": "f", "InvocationType": "Event", "Payload": b"{}"})
    assert written.path == "/2015-03-31/functions/f/invocations"
    assert written.headers["x-amz-invocation-type"] == "Event"


def test_dynamodb_says_its_operation_in_a_header():
    written = write("dynamodb", "GetItem", {"TableName": "ttt", "Key": {"pk": {"S": "a"}}})
    assert (written.method, written.path) == ("POST", "/")
    assert written.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"


def test_parameters_that_do_not_fit_the_model_are_named():
    with pytest.raises(BusyhourError, match="DestinationPhoneNumber") as caught:
        write("connect", "StartOutboundVoiceContact", {"InstanceId": "i", "ContactFlowId": 7})
    assert "ContactFlowId" in caught.value.message


def test_an_unknown_operation_has_a_near_one_named():
    with pytest.raises(BusyhourError, match="Did you mean 'StartOutboundVoiceContact'"):
        write("connect", "StartOutboundVoiceContacts", {})


def test_endpoints_are_botocores():
    assert endpoint("connect", "eu-west-2") == "https://connect.eu-west-2.amazonaws.com"


def test_a_list_in_the_query_is_one_pair_for_each_value():
    parameters = {"InstanceId": "i", "QueueTypes": ["STANDARD", "AGENT"], "MaxResults": 5}
    written = write("connect", "ListQueues", parameters)
    assert sorted(written.query) == [("maxResults", "5"), ("queueTypes", "AGENT"), ("queueTypes", "STANDARD")]
