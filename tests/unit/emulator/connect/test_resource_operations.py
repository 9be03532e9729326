"""Queues, hours, routing profiles, users, prompts, ...: made, described, listed, updated, deleted, and limited."""

from __future__ import annotations

import json

import pytest

HOURS = {
    "TimeZone": "Europe/Berlin",
    "Config": [
        {
            "Day": "MONDAY",
            "StartTime": {"Hours": 9, "Minutes": 0},
            "EndTime": {"Hours": 17, "Minutes": 30},
        }
    ],
}


def make_hours(client, name="Office"):
    return client("CreateHoursOfOperation", Name=name, **HOURS)["HoursOfOperationId"]


def make_queue(client, name="Sales", **more):
    hours = (
        more.pop("HoursOfOperationId", None)
        or client("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
    )
    return client("CreateQueue", Name=name, HoursOfOperationId=hours, **more)["QueueId"]


def make_profile(client, name="Agents", queues=(), **more):
    configs = [
        {"QueueReference": {"QueueId": queue, "Channel": channel}, "Priority": priority, "Delay": delay}
        for queue, channel, priority, delay in queues
    ]
    default = client("ListQueues")["QueueSummaryList"][0]["Id"]
    params = {
        "Description": "d",
        "DefaultOutboundQueueId": default,
        "MediaConcurrencies": [{"Channel": "VOICE", "Concurrency": 1}],
        **({"QueueConfigs": configs} if configs else {}),
    }
    return client("CreateRoutingProfile", Name=name, **{**params, **more})["RoutingProfileId"]


def make_user(client, name="ada", profile=None):
    security = client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]
    profile = profile or client("ListRoutingProfiles")["RoutingProfileSummaryList"][0]["Id"]
    params = {
        "Username": name,
        "Password": "Passw0rd",
        "SecurityProfileIds": [security],
        "RoutingProfileId": profile,
    }
    identity = {"FirstName": "Ada", "LastName": "L"}
    return client("CreateUser", IdentityInfo=identity, PhoneConfig={"PhoneType": "SOFT_PHONE"}, **params)[
        "UserId"
    ]


def make_prompt(client, name="Hello"):
    return client("CreatePrompt", Name=name, S3Uri="s3://bucket/hello.wav")["PromptId"]


def make_security_profile(client, name="Custom"):
    return client("CreateSecurityProfile", SecurityProfileName=name)["SecurityProfileId"]


def make_status(client, name="Lunch"):
    return client("CreateAgentStatus", Name=name, State="ENABLED")["AgentStatusId"]


KINDS = {
    "Queue": (make_queue, "QueueId", "Name", "ListQueues", "QueueSummaryList"),
    "HoursOfOperation": (
        make_hours,
        "HoursOfOperationId",
        "Name",
        "ListHoursOfOperations",
        "HoursOfOperationSummaryList",
    ),
    "RoutingProfile": (
        make_profile,
        "RoutingProfileId",
        "Name",
        "ListRoutingProfiles",
        "RoutingProfileSummaryList",
    ),
    "User": (make_user, "UserId", "Username", "ListUsers", "UserSummaryList"),
    "Prompt": (make_prompt, "PromptId", "Name", "ListPrompts", "PromptSummaryList"),
    "SecurityProfile": (
        make_security_profile,
        "SecurityProfileId",
        "SecurityProfileName",
        "ListSecurityProfiles",
        "SecurityProfileSummaryList",
    ),
    "AgentStatus": (make_status, "AgentStatusId", "Name", "ListAgentStatuses", "AgentStatusSummaryList"),
}
QUOTAS = {
    "Queue": "L-19A87C94",
    "HoursOfOperation": "L-20CD02F7",
    "RoutingProfile": "L-D3E7BE26",
    "User": "L-9A46857E",
    "Prompt": "L-0865B754",
    "SecurityProfile": "L-F325A715",
    "AgentStatus": "connect.agent-status-per-instance",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_made_is_described_and_listed(connect, kind):
    make, id_member, name, listing, listed = KINDS[kind]
    identity = make(connect)
    described = next(iter(connect(f"Describe{kind}", **{id_member: identity}).values()))
    assert identity in (described.get(id_member), described.get("Id"))
    entries = [entry for entry in connect(listing)[listed] if entry["Id"] == identity]
    assert [entry.get("Name") or entry.get("Username") for entry in entries] == [described[name]]
    arn = described.get("Arn") or next(
        value for key, value in described.items() if key.lower().endswith("arn")
    )
    assert arn == entries[0]["Arn"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_given_once(connect, aws_error, kind):
    KINDS[kind][0](connect)
    with pytest.raises(aws_error) as error:
        KINDS[kind][0](connect)
    assert (error.value.status, error.value.code) == (409, "DuplicateResourceException")


@pytest.mark.parametrize("kind", KINDS)
def test_the_quota_on_their_number_refuses_one_more_and_counts_it(make, fast, aws_error, kind):
    creates, _, _, listing, listed = KINDS[kind]
    client = make(quotas=fast)
    there = len(client(listing)[listed])
    client.emulator.state.limits.set_applied(QUOTAS[kind], there + 1)
    creates(client)
    with pytest.raises(aws_error) as error:
        creates(client, name="another")
    assert (error.value.status, error.value.code) == (429, "LimitExceededException")
    limits = client.emulator.state.limits
    key = limits.quota(QUOTAS[kind]).key
    (tally,) = [one for one in limits.tallies() if one.quota.key == key]
    assert (tally.rejected, tally.peak) == (1, there + 2)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "AgentStatus"])
def test_what_was_deleted_is_not_found_and_its_name_is_free_with_another_id(connect, aws_error, kind):
    make, id_member, *_ = KINDS[kind]
    identity = make(connect)
    connect(f"Delete{kind}", **{id_member: identity})
    with pytest.raises(aws_error) as error:
        connect(f"Describe{kind}", **{id_member: identity})
    assert (error.value.status, error.value.code) == (404, "ResourceNotFoundException")
    assert make(connect) != identity


def test_a_new_instance_has_what_users_and_queues_must_refer_to(connect):
    assert [one["Name"] for one in connect("ListHoursOfOperations")["HoursOfOperationSummaryList"]] == [
        "Basic Hours"
    ]
    assert [one["Name"] for one in connect("ListQueues")["QueueSummaryList"]] == ["BasicQueue"]
    names = [one["Name"] for one in connect("ListSecurityProfiles")["SecurityProfileSummaryList"]]
    assert names == ["Admin", "Agent", "CallCenterManager", "QualityAnalyst"]
    types = [one["Type"] for one in connect("ListAgentStatuses")["AgentStatusSummaryList"]]
    assert types == ["ROUTABLE", "OFFLINE"]
    assert connect("ListAgentStatuses", AgentStatusTypes=["OFFLINE"])["AgentStatusSummaryList"][0][
        "Name"
    ] == ("Offline")


def test_every_update_of_a_queue_is_described(connect):
    hours = make_hours(connect)
    queue = make_queue(connect, Description="old")
    connect("UpdateQueueName", QueueId=queue, Name="Support", Description="new")
    connect("UpdateQueueStatus", QueueId=queue, Status="DISABLED")
    connect("UpdateQueueMaxContacts", QueueId=queue, MaxContacts=7)
    connect("UpdateQueueHoursOfOperation", QueueId=queue, HoursOfOperationId=hours)
    config = {"OutboundCallerIdName": "Shop"}
    connect("UpdateQueueOutboundCallerConfig", QueueId=queue, OutboundCallerConfig=config)
    found = connect("DescribeQueue", QueueId=queue)["Queue"]
    assert (found["Name"], found["Description"], found["Status"]) == ("Support", "new", "DISABLED")
    assert (found["MaxContacts"], found["HoursOfOperationId"]) == (7, hours)
    assert found["OutboundCallerConfig"] == config


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CreateQueue", {"Name": "q", "HoursOfOperationId": "nowhere"}),
        ("UpdateQueueStatus", {"QueueId": "nowhere", "Status": "ENABLED"}),
        (
            "CreateRoutingProfile",
            {
                "Name": "p",
                "Description": "d",
                "DefaultOutboundQueueId": "nowhere",
                "MediaConcurrencies": [{"Channel": "VOICE", "Concurrency": 1}],
            },
        ),
        (
            "CreateUser",
            {
                "Username": "u",
                "Password": "Passw0rd",
                "IdentityInfo": {"FirstName": "U", "LastName": "L"},
                "SecurityProfileIds": ["nowhere"],
                "RoutingProfileId": "nowhere",
            },
        ),
    ],
)
def test_a_reference_to_nothing_is_not_found(connect, aws_error, operation, params):
    with pytest.raises(aws_error) as error:
        connect(operation, **params)
    assert (error.value.status, error.value.code) == (404, "ResourceNotFoundException")


def test_queues_of_a_routing_profile_come_and_go(connect):
    sales, support = make_queue(connect), make_queue(connect, "Support")
    profile = make_profile(connect, queues=[(sales, "VOICE", 1, 0)])
    config = {"QueueReference": {"QueueId": support, "Channel": "CHAT"}, "Priority": 2, "Delay": 30}
    connect("AssociateRoutingProfileQueues", RoutingProfileId=profile, QueueConfigs=[config])
    listed = connect("ListRoutingProfileQueues", RoutingProfileId=profile)[
        "RoutingProfileQueueConfigSummaryList"
    ]
    assert [(one["QueueName"], one["Channel"], one["Priority"], one["Delay"]) for one in listed] == [
        ("Sales", "VOICE", 1, 0),
        ("Support", "CHAT", 2, 30),
    ]
    described = connect("DescribeRoutingProfile", RoutingProfileId=profile)["RoutingProfile"]
    assert (described["NumberOfAssociatedQueues"], described["AssociatedQueueIds"]) == (2, [sales, support])
    changed = {**config, "Priority": 5}
    connect("UpdateRoutingProfileQueues", RoutingProfileId=profile, QueueConfigs=[changed])
    gone = [{"QueueId": sales, "Channel": "VOICE"}]
    connect("DisassociateRoutingProfileQueues", RoutingProfileId=profile, QueueReferences=gone)
    (left,) = connect("ListRoutingProfileQueues", RoutingProfileId=profile)[
        "RoutingProfileQueueConfigSummaryList"
    ]
    assert (left["QueueId"], left["Priority"]) == (support, 5)


def test_a_routing_profile_has_no_more_queues_than_its_quota(make, fast, aws_error):
    client = make(quotas={**fast, "L-516BC0EB": 2})
    queues = [(make_queue(client, f"q{n}"), "VOICE", 1, 0) for n in range(3)]
    make_profile(client, queues=queues[:2])
    with pytest.raises(aws_error) as error:
        make_profile(client, "Other", queues=queues)
    assert error.value.code == "LimitExceededException"
    names = [one["Name"] for one in client("ListRoutingProfiles")["RoutingProfileSummaryList"]]
    assert names == ["Basic Routing Profile", "Agents"]


def test_what_others_refer_to_is_in_use(connect, aws_error):
    queue = make_queue(connect)
    profile = make_profile(connect, queues=[(queue, "VOICE", 1, 0)])
    make_user(connect, profile=profile)
    for operation, params in [
        ("DeleteQueue", {"QueueId": queue}),
        ("DeleteRoutingProfile", {"RoutingProfileId": profile}),
    ]:
        with pytest.raises(aws_error) as error:
            connect(operation, **params)
        assert (error.value.status, error.value.code) == (409, "ResourceInUseException")


def test_listings_come_in_pages(connect):
    for number in range(5):
        make_prompt(connect, f"p{number}")
    names, token = [], {}
    while True:
        answer = connect("ListPrompts", MaxResults=2, **token)
        names += [one["Name"] for one in answer["PromptSummaryList"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert names == [f"p{number}" for number in range(5)]


def test_tags_of_any_resource(connect):
    queue = make_queue(connect, Tags={"team": "a"})
    arn = connect("DescribeQueue", QueueId=queue)["Queue"]["QueueArn"]
    connect("TagResource", resourceArn=arn, tags={"cost": "7"})
    assert connect("ListTagsForResource", resourceArn=arn)["tags"] == {"team": "a", "cost": "7"}
    connect("UntagResource", resourceArn=arn, tagKeys=["team"])
    assert connect("DescribeQueue", QueueId=queue)["Queue"]["Tags"] == {"cost": "7"}
    connect("TagResource", resourceArn=connect.emulator.instance.arn, tags={"i": "1"})
    assert connect("DescribeInstance")["Instance"]["Tags"] == {"i": "1"}


def test_a_module_is_made_updated_and_used_by_flows(connect, start, aws_error):
    module = {
        "Version": "2019-10-30",
        "StartAction": "end",
        "Actions": [
            {"Identifier": "end", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}
        ],
        "Settings": {"InputParameters": [], "OutputParameters": [], "Transitions": []},
    }
    made = connect("CreateContactFlowModule", Name="Shared", Content=json.dumps(module), ClientToken="t")
    assert (
        connect("CreateContactFlowModule", Name="Shared", Content=json.dumps(module), ClientToken="t") == made
    )
    identity = made["Id"]
    (listed,) = connect("ListContactFlowModules")["ContactFlowModulesSummaryList"]
    assert (listed["Id"], listed["State"]) == (identity, "ACTIVE")
    assert all(one["Name"] != "Shared" for one in connect("ListContactFlows")["ContactFlowSummaryList"])
    connect("UpdateContactFlowModuleMetadata", ContactFlowModuleId=identity, Name="Ours", State="ARCHIVED")
    found = connect("DescribeContactFlowModule", ContactFlowModuleId=identity)["ContactFlowModule"]
    assert (found["Name"], found["State"], json.loads(found["Content"])) == ("Ours", "ARCHIVED", module)
    with pytest.raises(aws_error) as error:
        connect("UpdateContactFlowModuleContent", ContactFlowModuleId=identity, Content="{")
    assert error.value.code == "InvalidContactFlowModuleException"
    assert error.value.parsed["Problems"][0]["message"]
    connect("DeleteContactFlowModule", ContactFlowModuleId=identity)
    assert connect("ListContactFlowModules")["ContactFlowModulesSummaryList"] == []


def test_a_flow_is_renamed_archived_and_deleted(connect, start, aws_error):
    flow = connect.emulator.instance.flow_named("Greeting")
    connect("UpdateContactFlowName", ContactFlowId=flow.id, Name="Hello", Description="d")
    connect("UpdateContactFlowMetadata", ContactFlowId=flow.id, ContactFlowState="ARCHIVED")
    found = connect("DescribeContactFlow", ContactFlowId=flow.id)["ContactFlow"]
    assert (found["Name"], found["Description"], found["State"]) == ("Hello", "d", "ARCHIVED")
    connect("DeleteContactFlow", ContactFlowId=flow.id)
    with pytest.raises(aws_error) as error:
        connect(
            "StartOutboundVoiceContact",
            ContactFlowId=flow.id,
            DestinationPhoneNumber="+12065550100",
            SourcePhoneNumber="+12065550199",
        )
    assert error.value.code == "ResourceNotFoundException"


def hours_of(start, end):
    return [
        {
            "Day": "MONDAY",
            "StartTime": {"Hours": start, "Minutes": 0},
            "EndTime": {"Hours": end, "Minutes": 0},
        }
    ]


def test_hours_over_midnight_are_refused_in_the_words_of_the_service(connect, aws_error):
    with pytest.raises(aws_error) as error:
        connect("CreateHoursOfOperation", Name="Night", TimeZone="UTC", Config=hours_of(16, 6))
    assert (error.value.status, error.value.code) == (400, "InvalidRequestException")
    assert error.value.message == "Start time: 16:0 cannot be greater than end time: 6:0"
    made = make_hours(connect)
    with pytest.raises(aws_error, match="cannot be greater than"):
        connect("UpdateHoursOfOperation", HoursOfOperationId=made, Config=hours_of(22, 2))
    for start, end in ((0, 0), (16, 0), (9, 17)):
        connect("CreateHoursOfOperation", Name=f"{start}-{end}", TimeZone="UTC", Config=hours_of(start, end))


def user_request(client, **more):
    security = client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]
    profile = client("ListRoutingProfiles")["RoutingProfileSummaryList"][0]["Id"]
    return {
        "Username": "grace",
        "IdentityInfo": {"FirstName": "Grace", "LastName": "H"},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
        "SecurityProfileIds": [security],
        "RoutingProfileId": profile,
        **more,
    }


@pytest.mark.parametrize(
    "password", ["Passw0rd", "aB3!/$%&()=?", "x" * 60 + "A1b", "Ein langes Passw0rt".replace(" ", "_")]
)
def test_a_password_of_the_documented_kind_is_accepted(connect, password):
    connect("CreateUser", **user_request(connect, Password=password))


@pytest.mark.parametrize(
    "password", ["short1A", "nodigits", "NOLOWER12", "noupper12", "with space A1b2", "x" * 65 + "A1"]
)
def test_other_passwords_are_refused(connect, aws_error, password):
    with pytest.raises(aws_error) as error:
        connect("CreateUser", **user_request(connect, Password=password))
    assert error.value.code == "InvalidParameterException"


@pytest.mark.parametrize(
    ("management", "more", "text"),
    [
        ("CONNECT_MANAGED", {}, "Required parameter missing: Password"),
        (
            "CONNECT_MANAGED",
            {"Password": "Passw0rd", "IdentityInfo": {"FirstName": "A"}},
            "LastName is required",
        ),
        ("SAML", {"Password": "Passw0rd"}, "Password must not be set"),
        ("SAML", {"DirectoryUserId": "d"}, "DirectoryUserId must not be set"),
        (
            "SAML",
            {"IdentityInfo": {"FirstName": "A", "LastName": "B", "Email": "a@example.org"}},
            "Email must not",
        ),
        ("EXISTING_DIRECTORY", {"Password": "Passw0rd"}, "Password must not be set"),
    ],
)
def test_the_directory_of_the_instance_decides_what_a_user_needs(
    make, fast, aws_error, management, more, text
):
    client = make(quotas=fast)
    more_of_instance = {"DirectoryId": "d-1234567890"} if management == "EXISTING_DIRECTORY" else {}
    client.instance_id = client(
        "CreateInstance",
        IdentityManagementType=management,
        InstanceAlias="other",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=True,
        **more_of_instance,
    )["Id"]
    with pytest.raises(aws_error, match=text) as error:
        client("CreateUser", **user_request(client, **more))
    assert error.value.code == "InvalidRequestException"


def test_a_name_in_use_is_refused_in_an_error_that_the_operation_models(connect, aws_error):
    make_prompt(connect, "Taken")
    other = make_prompt(connect, "Other")
    with pytest.raises(aws_error) as error:
        connect("UpdatePrompt", PromptId=other, Name="Taken")
    assert error.value.code == "InvalidParameterException"
