"""What is published, saved, a version or an alias of a flow or module, and what publishing refuses."""

from __future__ import annotations

import json

import pytest

from busyhour.emulator.connect.policy import ConnectPolicy

BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
INVALID = "Invalid Action property value. Path: Actions[0].Parameters"


def content(type="DisconnectParticipant", parameters=None, **more):
    if type == "DisconnectParticipant":
        return json.dumps({"Version": "2019-10-30", "StartAction": "bye", "Actions": [BYE], **more})
    errors = [{"NextAction": "bye", "ErrorType": "NoMatchingError"}]
    first = {
        "Identifier": "first",
        "Type": type,
        "Parameters": parameters or {},
        "Transitions": {"NextAction": "bye", "Errors": errors, "Conditions": []},
    }
    return json.dumps({"Version": "2019-10-30", "StartAction": "first", "Actions": [first, BYE], **more})


def text(number):
    return content("MessageParticipant", {"Text": f"Version {number}."})


def module_content(**more):
    return content("EndFlowModuleExecution", Settings={}, **more).replace(
        "DisconnectParticipant", "EndFlowModuleExecution"
    )


def create(client, name="Flow", body=None, **more):
    made = client("CreateContactFlow", Name=name, Type="CONTACT_FLOW", Content=body or content(), **more)
    return made["ContactFlowId"]


def test_a_flow_that_was_never_published_is_shown_as_saved_alone(connect, code_of, start):
    flow = create(connect, body=text(1), Status="SAVED")
    assert code_of(connect, "DescribeContactFlow", ContactFlowId=flow) == "ContactFlowNotPublishedException"
    saved = connect("DescribeContactFlow", ContactFlowId=f"{flow}:$SAVED")["ContactFlow"]
    assert (saved["Status"], saved["Content"]) == ("SAVED", text(1))
    assert code_of(connect, "CreateContactFlowVersion", ContactFlowId=flow) == "InvalidRequestException"
    connect("UpdateContactFlowContent", ContactFlowId=flow, Content=text(2))
    published = connect("DescribeContactFlow", ContactFlowId=flow)["ContactFlow"]
    assert (published["Status"], published["Content"]) == ("PUBLISHED", text(2))


def test_saving_changes_nothing_that_is_published(connect):
    flow = create(connect, body=text(1))
    connect("UpdateContactFlowContent", ContactFlowId=f"{flow}:$SAVED", Content=text(2))
    published = connect("DescribeContactFlow", ContactFlowId=flow)["ContactFlow"]
    saved = connect("DescribeContactFlow", ContactFlowId=f"{flow}:$SAVED")["ContactFlow"]
    assert (published["Content"], published["Status"]) == (text(1), "PUBLISHED")
    assert (saved["Content"], saved["Status"]) == (text(2), "SAVED")
    assert published["FlowContentSha256"] != saved["FlowContentSha256"]


def test_versions_are_numbered_immutable_and_described_by_number(connect, code_of):
    flow = create(connect, body=text(1))
    digest = connect("DescribeContactFlow", ContactFlowId=flow)["ContactFlow"]["FlowContentSha256"]
    assert (
        code_of(connect, "CreateContactFlowVersion", ContactFlowId=flow, FlowContentSha256="0" * 64)
        == "InvalidRequestException"
    )
    first = connect(
        "CreateContactFlowVersion", ContactFlowId=flow, FlowContentSha256=digest, Description="one"
    )
    connect("UpdateContactFlowContent", ContactFlowId=flow, Content=text(2))
    second = connect("CreateContactFlowVersion", ContactFlowId=first["ContactFlowArn"])
    assert (first["Version"], second["Version"]) == (1, 2)
    described = connect("DescribeContactFlow", ContactFlowId=f"{flow}:1")["ContactFlow"]
    assert (described["Content"], described["Version"], described["VersionDescription"]) == (
        text(1),
        1,
        "one",
    )
    listed = connect("ListContactFlowVersions", ContactFlowId=flow)["ContactFlowVersionSummaryList"]
    assert [one["Version"] for one in listed] == [2, 1]
    assert (
        code_of(connect, "UpdateContactFlowContent", ContactFlowId=f"{flow}:1", Content=text(3))
        == "InvalidRequestException"
    )
    connect("DeleteContactFlowVersion", ContactFlowId=flow, ContactFlowVersion=1)
    assert code_of(connect, "DescribeContactFlow", ContactFlowId=f"{flow}:1") == "ResourceNotFoundException"
    assert connect("CreateContactFlowVersion", ContactFlowId=flow)["Version"] == 3


@pytest.mark.parametrize("noun", ["ContactFlow", "ContactFlowModule"])
def test_an_alias_is_a_name_for_a_version(connect, code_of, noun):
    if noun == "ContactFlow":
        made = create(connect)
    else:
        made = connect("CreateContactFlowModule", Name="m", Content=module_content())["Id"]
    here = {f"{noun}Id": made}
    for _ in range(2):
        connect(f"Create{noun}Version", **here)
    new = {**here, "AliasName": "live", f"{noun}Version": 1}
    alias = connect(f"Create{noun}Alias", **new)["Id"]
    assert code_of(connect, f"Create{noun}Alias", **new) == "DuplicateResourceException"
    assert (
        code_of(connect, f"Create{noun}Alias", **{**new, "AliasName": "x", f"{noun}Version": 9})
        == "ResourceNotFoundException"
    )
    assert (
        code_of(connect, f"Delete{noun}Version", **here, **{f"{noun}Version": 1}) == "InvalidRequestException"
    )
    connect(f"Update{noun}Alias", **here, AliasId=alias, **{f"{noun}Version": 2})
    described = connect(f"Describe{noun}Alias", **here, AliasId=alias)[f"{noun}Alias"]
    assert (described["Name"], described["Version"]) == ("live", 2)
    listed = connect(f"List{noun}Aliases", **here)[f"{noun}AliasSummaryList"]
    assert [(one["AliasName"], one["AliasId"]) for one in listed] == [("live", alias)]
    assert connect(f"Describe{noun}", **{f"{noun}Id": f"{made}:live"})[noun]["Version"] == 2
    connect(f"Delete{noun}Alias", **here, AliasId=alias)
    assert code_of(connect, f"Describe{noun}Alias", **here, AliasId=alias) == "ResourceNotFoundException"


def references(client):
    """Each parameter with a reference, and the ARN of something that is there."""
    first = client.emulator.instance
    queue = next(iter(first.queues()))
    hours = client("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Arn"]
    prompt = client("CreatePrompt", Name="p", S3Uri="s3://bucket/p.wav")["PromptARN"]
    module = client("CreateContactFlowModule", Name="m", Content=module_content())["Arn"]
    flow = first.flow_named("Greeting").arn
    return {
        ("UpdateContactTargetQueue", "QueueId"): queue.arn,
        ("CheckHoursOfOperation", "HoursOfOperationId"): hours,
        ("MessageParticipant", "PromptId"): prompt,
        ("InvokeFlowModule", "FlowModuleId"): module,
        ("TransferToFlow", "ContactFlowId"): flow,
        ("UpdateContactEventHooks", "EventHooks"): flow,
    }


def parameter(member, value):
    return {member: {"CustomerQueue": value} if member == "EventHooks" else value}


def test_what_a_published_flow_refers_to_must_be_in_its_instance(connect, aws_error):
    for number, ((type, member), arn) in enumerate(references(connect).items()):
        good = [arn, arn.rpartition("/")[2], "$.Attributes.where"]
        for place, value in enumerate(good):
            create(connect, f"good {number} {place}", content(type, parameter(member, value)))
        region, account, instance = arn.split(":")[3], arn.split(":")[4], connect.instance_id
        bad = [
            UNKNOWN,
            f"{arn.rpartition('/')[0]}/{UNKNOWN}",
            arn.replace(region, "eu-west-2"),
            arn.replace(account, "999999999999"),
            arn.replace(instance, UNKNOWN),
            "${Placeholder}",
            "{{placeholder}}",
        ]
        for value in bad:
            body = content(type, parameter(member, value))
            with pytest.raises(aws_error) as error:
                create(connect, "bad", body)
            assert error.value.code == "InvalidContactFlowException"
            where = f"{INVALID}.{member}" + (".CustomerQueue" if member == "EventHooks" else "")
            assert error.value.parsed["problems"] == [{"message": where}], value
            create(connect, f"saved {number} {bad.index(value)}", body, Status="SAVED")


def test_functions_and_bots_are_not_looked_up_but_must_be_arns(connect, aws_error):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:anything"
    create(connect, "good", content("InvokeLambdaFunction", {"LambdaFunctionARN": arn}))
    create(
        connect, "dynamic", content("InvokeLambdaFunction", {"LambdaFunctionARN": "$.Attributes.function"})
    )
    with pytest.raises(aws_error) as error:
        create(connect, "bad", content("InvokeLambdaFunction", {"LambdaFunctionARN": "${FunctionArn}"}))
    assert error.value.parsed["problems"] == [{"message": f"{INVALID}.LambdaFunctionARN"}]


def test_updates_are_refused_like_creations_and_change_nothing(connect, aws_error):
    flow = create(connect, body=text(1))
    with pytest.raises(aws_error) as error:
        connect(
            "UpdateContactFlowContent",
            ContactFlowId=flow,
            Content=content("TransferToFlow", {"ContactFlowId": UNKNOWN}),
        )
    assert error.value.code == "InvalidContactFlowException"
    assert connect("DescribeContactFlow", ContactFlowId=flow)["ContactFlow"]["Content"] == text(1)


def test_a_lenient_emulator_publishes_references_to_elsewhere(make, fast):
    client = make(quotas=fast, policy=ConnectPolicy(look_up=False))
    create(client, body=content("UpdateContactTargetQueue", {"QueueId": UNKNOWN}))
    assert client.emulator.about()["references"] == "not looked up"


def test_a_module_needs_settings_in_its_content_and_an_object_in_its_settings(connect, aws_error, code_of):
    with pytest.raises(aws_error) as error:
        connect("CreateContactFlowModule", Name="m", Content=content())
    assert error.value.code == "InvalidContactFlowModuleException"
    missing = "JSON field is missing or null for field name: settings"
    assert error.value.parsed["Problems"] == [{"message": missing}]
    for settings in ("[]", "{", "null"):
        assert (
            code_of(
                connect,
                "CreateContactFlowModule",
                Name="m",
                Content=module_content(),
                Settings=settings,
            )
            == "InvalidParameterException"
        )
    made = connect("CreateContactFlowModule", Name="m", Content=module_content(), Settings='{"a": {}}')
    described = connect("DescribeContactFlowModule", ContactFlowModuleId=made["Id"])["ContactFlowModule"]
    assert described["Settings"] == '{"a": {}}'
