"""What Connect has is there again after a restart."""

from __future__ import annotations

import json

import orjson

from busyhour.emulator.connect.snapshot import ConnectState


def test_instances_and_everything_in_them_are_there_again(make, fast, starter, tmp_path, greeting):
    before = make(quotas=fast)
    other = before(
        "CreateInstance",
        IdentityManagementType="CONNECT_MANAGED",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=False,
        InstanceAlias="second",
    )["Id"]
    flow = before(
        "CreateContactFlow", Name="Second", Type="CONTACT_FLOW", Content=json.dumps(greeting), Tags={"a": "1"}
    )["ContactFlowId"]
    number = before("ClaimPhoneNumber", InstanceId=before.instance_id, PhoneNumber="+12065550123")[
        "PhoneNumberId"
    ]
    before("AssociatePhoneNumberContactFlow", PhoneNumberId=number, ContactFlowId=flow)
    hours = before("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
    queue = before("CreateQueue", Name="Sales", HoursOfOperationId=hours, MaxContacts=3)["QueueId"]
    before(
        "CreateQueue",
        InstanceId=other,
        Name="There",
        HoursOfOperationId=before("ListHoursOfOperations", InstanceId=other)["HoursOfOperationSummaryList"][
            0
        ]["Id"],
    )
    config = {"QueueReference": {"QueueId": queue, "Channel": "VOICE"}, "Priority": 1, "Delay": 0}
    profile = before(
        "CreateRoutingProfile",
        Name="P",
        Description="d",
        DefaultOutboundQueueId=queue,
        QueueConfigs=[config],
        MediaConcurrencies=[{"Channel": "VOICE", "Concurrency": 1}],
    )["RoutingProfileId"]
    security = before("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]
    user = before(
        "CreateUser",
        Username="ada",
        Password="Passw0rd",
        IdentityInfo={"FirstName": "Ada", "LastName": "L"},
        PhoneConfig={"PhoneType": "SOFT_PHONE"},
        SecurityProfileIds=[security],
        RoutingProfileId=profile,
    )["UserId"]
    status = before("ListAgentStatuses")["AgentStatusSummaryList"][0]["Id"]
    before("PutUserStatus", UserId=user, AgentStatusId=status)
    basic = before.emulator.instance.queue("BasicQueue").id
    before("DeletePrompt", PromptId=before("CreatePrompt", Name="gone", S3Uri="s3://b/k.wav")["PromptId"])
    kept = orjson.loads(orjson.dumps(ConnectState(before.emulator.sites).dump(tmp_path)))

    after = make(quotas=fast)
    ConnectState(after.emulator.sites).restore(kept, tmp_path)
    assert [one["Id"] for one in after("ListInstances")["InstanceSummaryList"]] == [after.instance_id, other]
    assert after("DescribeInstance", InstanceId=other)["Instance"]["OutboundCallsEnabled"] is False
    for operation, params in [
        ("DescribeContactFlow", {"ContactFlowId": flow}),
        ("DescribePhoneNumber", {"PhoneNumberId": number}),
        ("DescribeQueue", {"QueueId": queue}),
        ("DescribeQueue", {"QueueId": basic}),
        ("DescribeRoutingProfile", {"RoutingProfileId": profile}),
        ("DescribeUser", {"UserId": user}),
        ("ListPrompts", {}),
        ("ListQueues", {"InstanceId": other}),
    ]:
        assert after(operation, **params) == before(operation, **params), operation
    assert after.emulator.sites.first.staffing.agents[user].signed_in
    contact_id = starter(after, ContactFlowId=flow, SourcePhoneNumber="+12065550123")
    after.emulator.clock.advance(60)
    assert (
        after("DescribeContact", ContactId=contact_id)["Contact"]["DisconnectReason"]
        == "CONTACT_FLOW_DISCONNECT"
    )


def test_flows_that_the_emulator_was_started_with_stay(make, fast, tmp_path):
    kept = ConnectState(make(quotas=fast, flows=[]).emulator.sites).dump(tmp_path)
    after = make(quotas=fast)
    ConnectState(after.emulator.sites).restore(kept, tmp_path)
    assert [one["Name"] for one in after("ListContactFlows")["ContactFlowSummaryList"]] == ["Greeting"]
