"""Searches, associations, quick connects, templates, overrides of hours and traffic distribution, as the reference has them."""

from __future__ import annotations

import pytest

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"
BOT = "arn:aws:lex:us-east-1:123456789012:bot-alias/BOT/ALIAS"
PHONE = {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+12065550100"}}


def names(answer, member, name="Name"):
    return [one[name] for one in answer[member]]


@pytest.fixture
def centre(connect):
    """A client of an instance with a few resources of each kind."""
    hours = connect("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
    for name, team in (("Sales North", "sales"), ("Sales South", "sales"), ("Support", "care")):
        connect(
            "CreateQueue", Name=name, Description=f"d {name}", HoursOfOperationId=hours, Tags={"team": team}
        )
    profile = connect("ListRoutingProfiles")["RoutingProfileSummaryList"][0]["Id"]
    security = connect("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]
    for first in ("Ada", "Grace"):
        connect(
            "CreateUser",
            Username=first.lower(),
            Password="Passw0rd",
            IdentityInfo={"FirstName": first, "LastName": "Smith", "Email": f"{first}@example.org"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[security],
            RoutingProfileId=profile,
            Tags={"name": first},
        )
    connect("CreatePrompt", Name="Hello", S3Uri="s3://bucket/hello.wav")
    return connect


def text(field, value, how="EXACT"):
    return {"StringCondition": {"FieldName": field, "Value": value, "ComparisonType": how}}


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, ["BasicQueue", "Sales North", "Sales South", "Support"]),
        (text("name", "sales", "STARTS_WITH"), ["Sales North", "Sales South"]),
        (text("name", "NORTH", "CONTAINS"), ["Sales North"]),
        (text("description", "d support"), ["Support"]),
        (
            {"OrConditions": [text("name", "Support"), text("name", "Sales South")]},
            ["Sales South", "Support"],
        ),
        (
            {"AndConditions": [text("name", "sales", "STARTS_WITH"), text("name", "south", "CONTAINS")]},
            ["Sales South"],
        ),
        ({"QueueTypeCondition": "STANDARD", **text("name", "Support")}, ["Support"]),
        (text("name", "nothing"), []),
    ],
)
def test_a_search_finds_what_fits_its_criteria(centre, criteria, found):
    answer = centre("SearchQueues", SearchCriteria=criteria)
    assert (names(answer, "Queues"), answer["ApproximateTotalCount"]) == (found, len(found))


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"TagCondition": {"TagKey": "team", "TagValue": "care"}}, ["Support"]),
        ({"TagCondition": {"TagKey": "team"}}, ["Sales North", "Sales South", "Support"]),
        ({"AndConditions": [{"TagKey": "team", "TagValue": "sales"}, {"TagKey": "no"}]}, []),
        ({"OrConditions": [[{"TagKey": "team", "TagValue": "care"}], [{"TagKey": "no"}]]}, ["Support"]),
    ],
)
def test_a_search_finds_what_has_the_tags(centre, filter_, found):
    assert names(centre("SearchQueues", SearchFilter={"TagFilter": filter_}), "Queues") == found


def test_users_are_found_by_name_and_profile(centre):
    profile = centre("ListRoutingProfiles")["RoutingProfileSummaryList"][0]["Id"]
    for criteria, found in [
        (text("Username", "ada"), ["ada"]),
        (text("FirstName", "gra", "STARTS_WITH"), ["grace"]),
        (text("LastName", "Smith"), ["ada", "grace"]),
        (text("RoutingProfileId", profile), ["ada", "grace"]),
    ]:
        assert names(centre("SearchUsers", SearchCriteria=criteria), "Users", "Username") == found
    users = centre("SearchUsers", SearchFilter={"UserAttributeFilter": {"TagCondition": {"TagKey": "name"}}})
    assert users["ApproximateTotalCount"] == 2
    assert "Email" not in users["Users"][0]["IdentityInfo"]


def test_every_other_kind_is_searched_too(centre):
    centre("CreateQuickConnect", Name="Boss", QuickConnectConfig=PHONE)
    assert names(centre("SearchQuickConnects", SearchCriteria=text("name", "boss")), "QuickConnects") == [
        "Boss"
    ]
    assert names(centre("SearchPrompts", SearchCriteria=text("name", "hell", "CONTAINS")), "Prompts") == [
        "Hello"
    ]
    hours = centre("SearchHoursOfOperations", SearchCriteria=text("timezone", "UTC"))
    assert names(hours, "HoursOfOperations") == ["Basic Hours"]
    flows = centre(
        "SearchContactFlows", SearchCriteria={"TypeCondition": "CONTACT_FLOW", "StatusCondition": "PUBLISHED"}
    )
    assert names(flows, "ContactFlows") == ["Greeting"]
    assert centre("SearchContactFlows", SearchCriteria={"StateCondition": "ARCHIVED"})["ContactFlows"] == []
    assert centre("SearchContactFlowModules")["ContactFlowModules"] == []
    profiles = centre("SearchRoutingProfiles", SearchCriteria=text("name", "basic", "CONTAINS"))
    assert names(profiles, "RoutingProfiles") == ["Basic Routing Profile"]
    assert len(centre("SearchSecurityProfiles")["SecurityProfiles"]) == 4
    statuses = centre("SearchAgentStatuses", SearchCriteria=text("type", "OFFLINE"))
    assert names(statuses, "AgentStatuses") == ["Offline"]


def test_searches_are_paged_and_know_their_fields(centre, code_of):
    first = centre("SearchQueues", MaxResults=3)
    rest = centre("SearchQueues", MaxResults=3, NextToken=first["NextToken"])
    assert (len(first["Queues"]), len(rest["Queues"])) == (3, 1)
    criteria = text("colour", "red")
    assert code_of(centre, "SearchQueues", SearchCriteria=criteria) == "InvalidParameterException"


def test_list_queues_has_the_queue_of_every_agent_unless_standard_ones_are_asked_for(centre):
    users = {one["Id"] for one in centre("ListUsers")["UserSummaryList"]}
    every = centre("ListQueues")["QueueSummaryList"]
    agents = [one for one in every if one["QueueType"] == "AGENT"]
    assert {one["Id"] for one in agents} == users
    assert all(one["Arn"].endswith(f"/queue/agent/{one['Id']}") and "Name" not in one for one in agents)
    assert centre("ListQueues", QueueTypes=["AGENT"])["QueueSummaryList"] == agents
    standard = centre("ListQueues", QueueTypes=["STANDARD"])["QueueSummaryList"]
    assert len(standard) == 4
    assert len(every) == 6


def test_functions_and_bots_are_associated_once_and_listed(make, fast, code_of):
    client = make(quotas={**fast, "L-E3D2F503": 2})
    client("AssociateLambdaFunction", FunctionArn=LAMBDA + "a")
    assert code_of(client, "AssociateLambdaFunction", FunctionArn=LAMBDA + "a") == "ResourceConflictException"
    client("AssociateLambdaFunction", FunctionArn=LAMBDA + "b")
    assert (
        code_of(client, "AssociateLambdaFunction", FunctionArn=LAMBDA + "c")
        == "ServiceQuotaExceededException"
    )
    client("DisassociateLambdaFunction", FunctionArn=LAMBDA + "a")
    assert client("ListLambdaFunctions")["LambdaFunctions"] == [LAMBDA + "b"]
    assert (
        code_of(client, "DisassociateLambdaFunction", FunctionArn=LAMBDA + "a") == "ResourceNotFoundException"
    )
    old = {"Name": "Old", "LexRegion": "us-east-1"}
    client("AssociateLexBot", LexBot=old)
    client("AssociateBot", LexV2Bot={"AliasArn": BOT})
    assert client("ListBots", LexVersion="V1")["LexBots"] == [{"LexBot": old}]
    assert client("ListBots", LexVersion="V2")["LexBots"] == [{"LexV2Bot": {"AliasArn": BOT}}]
    assert client("ListLexBots")["LexBots"] == [old]
    for wrong in ({}, {"LexBot": old, "LexV2Bot": {"AliasArn": BOT}}, {"LexV2Bot": {"AliasArn": "no"}}):
        assert code_of(client, "AssociateBot", **wrong) == "InvalidRequestException"
    client("DisassociateLexBot", BotName="Old", LexRegion="us-east-1")
    client("DisassociateBot", LexV2Bot={"AliasArn": BOT})
    assert client("ListBots", LexVersion="V2")["LexBots"] == client("ListLexBots")["LexBots"] == []


def test_quick_connects_name_what_exists_and_belong_to_queues(centre, code_of):
    queue = centre("SearchQueues", SearchCriteria=text("name", "Support"))["Queues"][0]["QueueId"]
    flow = centre("ListContactFlows")["ContactFlowSummaryList"][0]["Id"]
    config = {"QuickConnectType": "QUEUE", "QueueConfig": {"QueueId": queue, "ContactFlowId": flow}}
    made = centre("CreateQuickConnect", Name="To support", QuickConnectConfig=config)["QuickConnectId"]
    assert code_of(centre, "CreateQuickConnect", Name="To support", QuickConnectConfig=config) == (
        "DuplicateResourceException"
    )
    nowhere = {"QuickConnectType": "QUEUE", "QueueConfig": {"QueueId": "no", "ContactFlowId": flow}}
    assert code_of(centre, "CreateQuickConnect", Name="x", QuickConnectConfig=nowhere) == (
        "ResourceNotFoundException"
    )
    for wrong in ({"QuickConnectType": "QUEUE"}, {**PHONE, "QueueConfig": config["QueueConfig"]}):
        assert code_of(centre, "CreateQuickConnect", Name="x", QuickConnectConfig=wrong) == (
            "InvalidParameterException"
        )
    centre("AssociateQueueQuickConnects", QueueId=queue, QuickConnectIds=[made])
    listed = centre("ListQueueQuickConnects", QueueId=queue)["QuickConnectSummaryList"]
    assert [(one["Name"], one["QuickConnectType"]) for one in listed] == [("To support", "QUEUE")]
    assert centre("ListQuickConnects", QuickConnectTypes=["USER"])["QuickConnectSummaryList"] == []
    centre("UpdateQuickConnectConfig", QuickConnectId=made, QuickConnectConfig=PHONE)
    assert centre("DescribeQuickConnect", QuickConnectId=made)["QuickConnect"]["QuickConnectConfig"] == PHONE
    centre("DeleteQuickConnect", QuickConnectId=made)
    assert centre("ListQueueQuickConnects", QueueId=queue)["QuickConnectSummaryList"] == []


def test_task_templates_constrain_their_own_fields(connect, code_of):
    fields = [{"Id": {"Name": "Order"}, "Type": "NAME"}, {"Id": {"Name": "Until"}, "Type": "DATE_TIME"}]
    constraints = {"RequiredFields": [{"Id": {"Name": "Order"}}]}
    flow = connect.emulator.instance.flow_named("Greeting").id
    asked = {"Fields": fields, "Constraints": constraints, "ContactFlowId": flow}
    made = connect("CreateTaskTemplate", Name="Return", **asked, ClientToken="t")["Id"]
    again = connect("CreateTaskTemplate", Name="Return", **asked, ClientToken="t")["Id"]
    assert again == made
    got = connect("GetTaskTemplate", TaskTemplateId=made)
    assert (got["Name"], got["Status"], got["Fields"], got["Constraints"]) == (
        "Return",
        "ACTIVE",
        fields,
        constraints,
    )
    unknown = {"RequiredFields": [{"Id": {"Name": "Colour"}}]}
    asked = {**asked, "Constraints": unknown}
    assert code_of(connect, "CreateTaskTemplate", Name="x", **asked) == "InvalidParameterException"
    connect("UpdateTaskTemplate", TaskTemplateId=made, Status="INACTIVE")
    assert connect("ListTaskTemplates", Status="ACTIVE")["TaskTemplates"] == []
    connect("DeleteTaskTemplate", TaskTemplateId=made)
    assert code_of(connect, "GetTaskTemplate", TaskTemplateId=made) == "ResourceNotFoundException"


def test_shares_of_a_traffic_distribution_group_add_up(connect, code_of):
    here = connect.instance_id
    made = connect("CreateTrafficDistributionGroup", Name="Two Regions", InstanceId=here)
    group, arn = made["Id"], made["Arn"]
    assert ":traffic-distribution-group/" in arn
    assert code_of(connect, "CreateTrafficDistributionGroup", Name="Two Regions", InstanceId=here) == (
        "ResourceConflictException"
    )
    first = connect("GetTrafficDistribution", Id=group)["TelephonyConfig"]["Distributions"]
    assert first == [{"Region": "us-east-1", "Percentage": 100}]
    halves = [{"Region": "us-east-1", "Percentage": 50}, {"Region": "us-west-2", "Percentage": 50}]
    connect("UpdateTrafficDistribution", Id=arn, TelephonyConfig={"Distributions": halves})
    assert connect("GetTrafficDistribution", Id=group)["TelephonyConfig"]["Distributions"] == halves
    uneven = {"Distributions": [halves[0]]}
    assert code_of(connect, "UpdateTrafficDistribution", Id=group, TelephonyConfig=uneven) == (
        "InvalidRequestException"
    )
    sign_in = {"Distributions": [{"Region": "us-east-1", "Enabled": True}]}
    assert code_of(connect, "UpdateTrafficDistribution", Id=group, SignInConfig=sign_in) == (
        "InvalidRequestException"
    )
    assert names(connect("ListTrafficDistributionGroups"), "TrafficDistributionGroupSummaryList") == [
        "Two Regions"
    ]
    connect("DeleteTrafficDistributionGroup", TrafficDistributionGroupId=group)
    assert code_of(connect, "DescribeTrafficDistributionGroup", TrafficDistributionGroupId=group) == (
        "ResourceNotFoundException"
    )
