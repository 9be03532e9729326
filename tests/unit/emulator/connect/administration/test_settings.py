"""What deploy tools make beside queues and flows is created, read back, changed, refused twice, and deleted."""

from __future__ import annotations

import pytest

KEY = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"
STORAGE = {
    "StorageType": "S3",
    "S3Config": {"BucketName": "calls", "BucketPrefix": "connect/centre"},
}
RULE = {
    "TriggerEventSource": {"EventSourceName": "OnPostCallAnalysisAvailable"},
    "Function": "{}",
    "Actions": [{"ActionType": "END_ASSOCIATED_TASKS"}],
    "PublishStatus": "PUBLISHED",
}
UNKNOWN = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def client(make, fast):
    return make(quotas=fast)


def refused(aws_error, status, code, call, *args, **params):
    with pytest.raises(aws_error) as error:
        call(*args, **params)
    assert (error.value.status, error.value.code) == (status, code)


def test_a_storage_configuration_for_each_type_of_resource(client, aws_error):
    place = {"ResourceType": "CALL_RECORDINGS"}
    made = client("AssociateInstanceStorageConfig", **place, StorageConfig=STORAGE)["AssociationId"]
    refused(
        *(aws_error, 409, "ResourceConflictException", client, "AssociateInstanceStorageConfig"),
        **place,
        StorageConfig=STORAGE,
    )
    assert client("ListInstanceStorageConfigs", **place)["StorageConfigs"] == [
        {**STORAGE, "AssociationId": made}
    ]
    assert client("ListInstanceStorageConfigs", ResourceType="CHAT_TRANSCRIPTS")["StorageConfigs"] == []
    other = {"StorageType": "S3", "S3Config": {"BucketName": "other", "BucketPrefix": "p"}}
    client("UpdateInstanceStorageConfig", **place, AssociationId=made, StorageConfig=other)
    found = client("DescribeInstanceStorageConfig", **place, AssociationId=made)["StorageConfig"]
    assert found == {**other, "AssociationId": made}
    wrong = {"ResourceType": "CHAT_TRANSCRIPTS", "AssociationId": made}
    refused(aws_error, 404, "ResourceNotFoundException", client, "DescribeInstanceStorageConfig", **wrong)
    client("DisassociateInstanceStorageConfig", **place, AssociationId=made)
    assert client("ListInstanceStorageConfigs", **place)["StorageConfigs"] == []


def test_security_keys_and_origins(client, aws_error):
    key = client("AssociateSecurityKey", Key=KEY)["AssociationId"]
    (found,) = client("ListSecurityKeys")["SecurityKeys"]
    assert (found["AssociationId"], found["Key"]) == (key, KEY)
    client("DisassociateSecurityKey", AssociationId=key)
    assert client("ListSecurityKeys")["SecurityKeys"] == []
    client("AssociateApprovedOrigin", Origin="https://example.org")
    assert client("ListApprovedOrigins")["Origins"] == ["https://example.org"]
    refused(
        *(aws_error, 409, "ResourceConflictException", client, "AssociateApprovedOrigin"),
        Origin="https://example.org",
    )
    client("DisassociateApprovedOrigin", Origin="https://example.org")
    refused(
        *(aws_error, 404, "ResourceNotFoundException", client, "DisassociateApprovedOrigin"),
        Origin="https://example.org",
    )


def test_integrations_are_listed_by_type(client, aws_error):
    arn = "arn:aws:app-integrations:us-east-1:123456789012:event-integration/x"
    source = {
        "SourceApplicationUrl": "https://shop.example",
        "SourceApplicationName": "Shop",
        "SourceType": "CASES",
    }
    made = client("CreateIntegrationAssociation", IntegrationType="EVENT", IntegrationArn=arn, **source)
    (found,) = client("ListIntegrationAssociations", IntegrationType="EVENT")[
        "IntegrationAssociationSummaryList"
    ]
    assert found["IntegrationAssociationId"] == made["IntegrationAssociationId"]
    assert (found["IntegrationArn"], found["InstanceId"]) == (arn, client.instance_id)
    assert (
        client("ListIntegrationAssociations", IntegrationType="VOICE_ID")["IntegrationAssociationSummaryList"]
        == []
    )
    refused(
        *(aws_error, 409, "DuplicateResourceException", client, "CreateIntegrationAssociation"),
        IntegrationType="EVENT",
        IntegrationArn=arn,
    )
    client("DeleteIntegrationAssociation", IntegrationAssociationId=made["IntegrationAssociationId"])
    assert client("ListIntegrationAssociations")["IntegrationAssociationSummaryList"] == []


def test_predefined_attributes_are_named(client, aws_error):
    values = {"StringList": ["English", "German"]}
    client("CreatePredefinedAttribute", Name="Language", Values=values)
    refused(
        *(aws_error, 409, "DuplicateResourceException", client, "CreatePredefinedAttribute"),
        Name="Language",
        Values=values,
    )
    client("UpdatePredefinedAttribute", Name="Language", Values={"StringList": ["French"]})
    found = client("DescribePredefinedAttribute", Name="Language")["PredefinedAttribute"]
    assert found["Values"] == {"StringList": ["French"]}
    assert [one["Name"] for one in client("ListPredefinedAttributes")["PredefinedAttributeSummaryList"]] == [
        "Language"
    ]
    client("DeletePredefinedAttribute", Name="Language")
    refused(
        *(aws_error, 404, "ResourceNotFoundException", client, "DescribePredefinedAttribute"), Name="Language"
    )


def test_views_and_rules(client, aws_error):
    content = {"Template": "{}", "Actions": ["Submit"]}
    view = client("CreateView", Name="Form", Status="SAVED", Content=content, Tags={"by": "tool"})["View"]
    assert (view["Type"], view["Version"], view["Status"]) == ("CUSTOMER_MANAGED", 1, "SAVED")
    changed = client("UpdateViewContent", ViewId=view["Id"], Status="PUBLISHED", Content={"Template": "[]"})[
        "View"
    ]
    assert changed["ViewContentSha256"] != view["ViewContentSha256"]
    client("UpdateViewMetadata", ViewId=view["Id"], Name="Form 2", Description="d")
    found = client("DescribeView", ViewId=view["Id"])["View"]
    assert (found["Name"], found["Status"], found["Tags"]) == ("Form 2", "PUBLISHED", {"by": "tool"})
    assert [one["Name"] for one in client("ListViews")["ViewsSummaryList"]] == ["Form 2"]
    client("DeleteView", ViewId=view["Id"])
    refused(*(aws_error, 404, "ResourceNotFoundException", client, "DescribeView"), ViewId=view["Id"])
    rule = client("CreateRule", Name="r", **RULE)["RuleId"]
    refused(*(aws_error, 409, "ResourceConflictException", client, "CreateRule"), Name="r", **RULE)
    update = {name: RULE[name] for name in ("Function", "Actions")}
    client("UpdateRule", RuleId=rule, Name="s", PublishStatus="DRAFT", **update)
    found = client("DescribeRule", RuleId=rule)["Rule"]
    assert (found["Name"], found["PublishStatus"]) == ("s", "DRAFT")
    (listed,) = client("ListRules", PublishStatus="DRAFT")["RuleSummaryList"]
    assert listed["ActionSummaries"] == [{"ActionType": "END_ASSOCIATED_TASKS"}]
    assert client("ListRules", PublishStatus="PUBLISHED")["RuleSummaryList"] == []
    client("DeleteRule", RuleId=rule)
    assert client("ListRules")["RuleSummaryList"] == []


def test_the_hierarchy_has_levels_groups_and_users(client, aws_error):
    client(
        "UpdateUserHierarchyStructure",
        HierarchyStructure={"LevelOne": {"Name": "Country"}, "LevelTwo": {"Name": "Team"}},
    )
    structure = client("DescribeUserHierarchyStructure")["HierarchyStructure"]
    assert {level: one["Name"] for level, one in structure.items()} == {
        "LevelOne": "Country",
        "LevelTwo": "Team",
    }
    country = client("CreateUserHierarchyGroup", Name="Germany")["HierarchyGroupId"]
    team = client("CreateUserHierarchyGroup", Name="Berlin", ParentGroupId=country)["HierarchyGroupId"]
    found = client("DescribeUserHierarchyGroup", HierarchyGroupId=team)["HierarchyGroup"]
    assert {level: one["Name"] for level, one in found["HierarchyPath"].items()} == {
        "LevelOne": "Germany",
        "LevelTwo": "Berlin",
    }
    assert found["LevelId"] == structure["LevelTwo"]["Id"]
    refused(
        *(aws_error, 409, "DuplicateResourceException", client, "CreateUserHierarchyGroup"), Name="Berlin"
    )
    refused(
        *(aws_error, 409, "ResourceInUseException", client, "DeleteUserHierarchyGroup"),
        HierarchyGroupId=country,
    )
    shorter = {"LevelOne": {"Name": "Country"}}
    refused(
        *(aws_error, 409, "ResourceInUseException", client, "UpdateUserHierarchyStructure"),
        HierarchyStructure=shorter,
    )
    client("UpdateUserHierarchyGroupName", HierarchyGroupId=team, Name="Munich")
    client("DeleteUserHierarchyGroup", HierarchyGroupId=team)
    assert [one["Name"] for one in client("ListUserHierarchyGroups")["UserHierarchyGroupSummaryList"]] == [
        "Germany"
    ]
    refused(
        *(aws_error, 404, "ResourceNotFoundException", client, "CreateUserHierarchyGroup"),
        Name="x",
        ParentGroupId=UNKNOWN,
    )
