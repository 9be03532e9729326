"""Evaluation forms, vocabularies, versions of views, grants of users, and what numbers lead to."""

from __future__ import annotations

import pytest

ITEM = {"Question": {"Title": "Polite?", "RefId": "q1", "QuestionType": "TEXT"}}
SECTION = {"Section": {"Title": "All", "RefId": "s1", "Items": [ITEM]}}


@pytest.fixture
def refused(connect, aws_error):
    def refused(operation, **params):
        with pytest.raises(aws_error) as error:
            connect(operation, **params)
        return error.value.code, error.value.status

    return refused


def form(client, title="Calls", **more):
    made = client("CreateEvaluationForm", Title=title, Items=[SECTION], **more)
    return made["EvaluationFormId"]


def test_a_form_is_a_draft_until_a_version_is_active(connect, refused):
    made = form(connect, Tags={"team": "a"})
    about = connect("DescribeEvaluationForm", EvaluationFormId=made)["EvaluationForm"]
    assert (about["Status"], about["EvaluationFormVersion"], about["Locked"]) == ("DRAFT", 1, False)
    assert (about["Items"], about["Tags"]) == ([SECTION], {"team": "a"})
    first = {"EvaluationFormId": made, "EvaluationFormVersion": 1}
    assert refused("DeactivateEvaluationForm", **first) == ("ResourceConflictException", 409)
    connect("ActivateEvaluationForm", **first)
    change = {**first, "Title": "New", "Items": [SECTION]}
    assert refused("UpdateEvaluationForm", **change) == ("ResourceConflictException", 409)
    assert connect("UpdateEvaluationForm", **change, CreateNewVersion=True)["EvaluationFormVersion"] == 2
    (listed,) = connect("ListEvaluationForms")["EvaluationFormSummaryList"]
    assert (listed["Title"], listed["LatestVersion"], listed["ActiveVersion"]) == ("New", 2, 1)
    versions = connect("ListEvaluationFormVersions", EvaluationFormId=made)[
        "EvaluationFormVersionSummaryList"
    ]
    assert [(one["EvaluationFormVersion"], one["Status"]) for one in versions] == [
        (2, "DRAFT"),
        (1, "ACTIVE"),
    ]
    assert refused("DeleteEvaluationForm", EvaluationFormId=made) == ("ResourceConflictException", 409)
    connect("DeleteEvaluationForm", EvaluationFormId=made, EvaluationFormVersion=2)
    connect("DeactivateEvaluationForm", **first)
    connect("DeleteEvaluationForm", EvaluationFormId=made)
    assert connect("ListEvaluationForms")["EvaluationFormSummaryList"] == []
    assert refused("DescribeEvaluationForm", EvaluationFormId=made) == ("ResourceNotFoundException", 404)


def test_a_form_has_no_question_twice(connect, refused):
    again = {"Section": {"Title": "More", "RefId": "s2", "Items": [ITEM]}}
    assert refused("CreateEvaluationForm", Title="t", Items=[SECTION, again]) == (
        "InvalidParameterException",
        400,
    )
    unknown = {"EvaluationFormId": form(connect), "EvaluationFormVersion": 7}
    assert refused("ActivateEvaluationForm", **unknown) == ("ResourceNotFoundException", 404)


def test_vocabularies_are_kept_and_found(connect, refused):
    made = {"VocabularyName": "Names", "LanguageCode": "en-GB", "Content": "Phrase\tDisplayAs"}
    identity = connect("CreateVocabulary", **made)["VocabularyId"]
    assert refused("CreateVocabulary", **made) == ("ResourceConflictException", 409)
    about = connect("DescribeVocabulary", VocabularyId=identity)["Vocabulary"]
    assert (about["Name"], about["State"], about["Content"]) == ("Names", "ACTIVE", made["Content"])
    found = [
        len(connect("SearchVocabularies", **how)["VocabularySummaryList"])
        for how in ({}, {"NameStartsWith": "Na"}, {"NameStartsWith": "x"}, {"LanguageCode": "de-DE"})
    ]
    assert found == [1, 1, 0, 0]
    assert connect("DeleteVocabulary", VocabularyId=identity)["State"] == "DELETE_IN_PROGRESS"
    assert refused("DescribeVocabulary", VocabularyId=identity) == ("ResourceNotFoundException", 404)


def test_versions_of_a_view_keep_its_content(connect, refused):
    content = {"Template": "{}", "Actions": ["Next"]}
    view = connect("CreateView", Name="Guide", Status="PUBLISHED", Content=content)["View"]
    identity = {"ViewId": view["Id"]}
    assert refused("CreateViewVersion", **identity, ViewContentSha256="a" * 64) == (
        "InvalidRequestException",
        400,
    )
    made = connect("CreateViewVersion", **identity, VersionDescription="first")["View"]
    assert (made["Version"], made["VersionDescription"]) == (1, "first")
    connect("UpdateViewContent", **identity, Status="PUBLISHED", Content={"Template": "[]", "Actions": []})
    connect("CreateViewVersion", **identity)
    listed = connect("ListViewVersions", **identity)["ViewVersionSummaryList"]
    assert [one["Version"] for one in listed] == [2, 1]
    old = connect("DescribeView", ViewId=f"{view['Id']}:1")["View"]
    assert old["Content"]["Template"] == "{}"
    connect("DeleteViewVersion", **identity, ViewVersion=1)
    assert refused("DescribeView", ViewId=f"{view['Id']}:1") == ("ResourceNotFoundException", 404)


def test_permissions_of_a_security_profile_are_listed_in_pages(connect):
    given = {"SecurityProfileName": "Few", "Permissions": ["BasicAgentAccess", "OutboundCallAccess"]}
    made = {"SecurityProfileId": connect("CreateSecurityProfile", **given)["SecurityProfileId"]}
    first = connect("ListSecurityProfilePermissions", **made, MaxResults=1)
    second = connect("ListSecurityProfilePermissions", **made, MaxResults=1, NextToken=first["NextToken"])
    assert first["Permissions"] + second["Permissions"] == given["Permissions"]
    connect("UpdateSecurityProfile", **made, Permissions=["VideoContactAccess"])
    assert connect("ListSecurityProfilePermissions", **made)["Permissions"] == ["VideoContactAccess"]
    assert connect("ListSecurityProfileApplications", **made)["Applications"] == []
    assert "Permissions" not in connect("DescribeSecurityProfile", **made)["SecurityProfile"]


def test_proficiencies_of_a_user_name_predefined_attributes(connect, refused):
    profile = connect("ListRoutingProfiles")["RoutingProfileSummaryList"][0]["Id"]
    user = {
        "UserId": connect(
            "CreateUser",
            Username="ada",
            Password="Passw0rd",
            IdentityInfo={"FirstName": "A", "LastName": "L"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[connect("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]],
            RoutingProfileId=profile,
        )["UserId"]
    }
    french = {"AttributeName": "Language", "AttributeValue": "French", "Level": 3.0}
    assert refused("AssociateUserProficiencies", **user, UserProficiencies=[french]) == (
        "ResourceNotFoundException",
        404,
    )
    connect("CreatePredefinedAttribute", Name="Language", Values={"StringList": ["French"]})
    connect("AssociateUserProficiencies", **user, UserProficiencies=[french])
    connect("UpdateUserProficiencies", **user, UserProficiencies=[{**french, "Level": 5.0}])
    (listed,) = connect("ListUserProficiencies", **user)["UserProficiencyList"]
    assert listed == {**french, "Level": 5.0}
    gone = [{name: french[name] for name in ("AttributeName", "AttributeValue")}]
    connect("DisassociateUserProficiencies", **user, UserProficiencies=gone)
    assert connect("ListUserProficiencies", **user)["UserProficiencyList"] == []


def test_associations_name_the_flow_of_each_number(connect):
    arn = connect.emulator.instance.arn
    numbers = [
        connect("ClaimPhoneNumber", TargetArn=arn, PhoneNumber=f"+1206555019{digit}", InstanceId=None)
        for digit in range(3)
    ]
    flow = connect.emulator.instance.flow_named("Greeting")
    for one in numbers[:2]:
        connect("AssociatePhoneNumberContactFlow", PhoneNumberId=one["PhoneNumberId"], ContactFlowId=flow.id)
    first = connect("ListFlowAssociations", ResourceType="VOICE_PHONE_NUMBER", MaxResults=1)
    second = connect("ListFlowAssociations", MaxResults=1, NextToken=first["NextToken"])
    listed = first["FlowAssociationSummaryList"] + second["FlowAssociationSummaryList"]
    assert [(one["ResourceId"], one["FlowId"]) for one in listed] == [
        (one["PhoneNumberArn"], flow.arn) for one in numbers[:2]
    ]
    asked = [one["PhoneNumberArn"] for one in numbers]
    found = connect("BatchGetFlowAssociation", ResourceIds=asked)["FlowAssociationSummaryList"]
    assert found == listed
    assert connect("ListFlowAssociations", ResourceType="INBOUND_EMAIL")["FlowAssociationSummaryList"] == []


def test_what_is_only_saved_leaves_the_published_view_as_it_is(connect, refused):
    draft, final = {"Template": '"draft"', "Actions": []}, {"Template": '"final"', "Actions": []}
    view = connect("CreateView", Name="Guide", Status="SAVED", Content=draft)["View"]["Id"]
    assert refused("DescribeView", ViewId=view) == ("ResourceNotFoundException", 404)
    connect("UpdateViewContent", ViewId=view, Status="PUBLISHED", Content=final)
    connect("UpdateViewContent", ViewId=view, Status="SAVED", Content=draft)
    found = {
        qualifier: connect("DescribeView", ViewId=f"{view}{qualifier}")["View"]["Content"]["Template"]
        for qualifier in ("", ":$LATEST", ":$SAVED")
    }
    assert found == {"": '"final"', ":$LATEST": '"final"', ":$SAVED": '"draft"'}
    assert connect("CreateViewVersion", ViewId=view)["View"]["Content"] == final


def test_a_user_has_at_most_as_many_proficiencies_as_the_quota(make, fast, aws_error):
    client = make(quotas={**fast, "connect.proficiencies-per-agent": 1})
    client("CreatePredefinedAttribute", Name="Language", Values={"StringList": ["English", "German"]})
    profile = client("ListRoutingProfiles")["RoutingProfileSummaryList"][0]["Id"]
    security = client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]
    user = client(
        "CreateUser",
        Username="ada",
        Password="Passw0rd",
        IdentityInfo={"FirstName": "A", "LastName": "B"},
        PhoneConfig={"PhoneType": "SOFT_PHONE"},
        SecurityProfileIds=[security],
        RoutingProfileId=profile,
    )["UserId"]
    english, german = (
        {"AttributeName": "Language", "AttributeValue": value, "Level": 3.0}
        for value in ("English", "German")
    )
    client("AssociateUserProficiencies", UserId=user, UserProficiencies=[english])
    client("UpdateUserProficiencies", UserId=user, UserProficiencies=[{**english, "Level": 5.0}])
    with pytest.raises(aws_error) as refused:
        client("AssociateUserProficiencies", UserId=user, UserProficiencies=[german])
    assert refused.value.code == "InvalidRequestException"
    listed = client("ListUserProficiencies", UserId=user)["UserProficiencyList"]
    assert [(one["AttributeValue"], one["Level"]) for one in listed] == [("English", 5.0)]
