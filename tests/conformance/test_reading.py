"""A reader of a whole instance: every listing in pages of any size, tokens of other requests, throttled readers.

LISTINGS has every operation of the router whose request takes the token of a page; that it has them all is a test.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.connect.service import HANDLERS
from busyhour.emulator.server.listener import running
from busyhour.instance.kinds import KINDS
from busyhour.quotas.model import Kind
from busyhour.quotas.table.quota_table import kebab, load

TOKENS = {
    "NextToken": "NextToken",
    "Marker": "NextMarker",
    "ExclusiveStartTableName": "LastEvaluatedTableName",
}
"""Members of requests that take the token of a page, with the member of the answer that has it."""
SIZES = ("MaxResults", "MaxItems", "MaxRecords", "Limit")
SERVICES = {
    "connect": "connect",
    "lambda": "lambda",
    "dynamodb": "dynamodb",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "sts": "sts",
}
"""Signing names of the services that a reader asks, with botocore's names."""
CONNECT = (
    *("ListQueues", "ListHoursOfOperations", "ListRoutingProfiles", "ListUsers", "ListPrompts"),
    *("ListSecurityProfiles", "ListAgentStatuses", "ListQuickConnects", "SearchQueues", "SearchPrompts"),
    *("SearchQuickConnects", "SearchHoursOfOperations", "SearchRoutingProfiles", "SearchSecurityProfiles"),
    *("SearchAgentStatuses", "SearchUsers", "SearchContactFlows", "SearchContactFlowModules"),
    *("ListSecurityKeys", "ListApprovedOrigins", "ListIntegrationAssociations", "ListPredefinedAttributes"),
    *("ListViews", "ListRules", "ListContactFlows", "ListContactFlowModules", "ListPhoneNumbers"),
    *("ListPhoneNumbersV2", "ListInstances", "ListInstanceAttributes", "ListLambdaFunctions", "ListLexBots"),
    *("ListUserHierarchyGroups", "ListTaskTemplates", "ListTrafficDistributionGroups", "ListEvaluationForms"),
    *("ListFlowAssociations", "SearchVocabularies"),
)
"""Listings of Connect that need nothing but the instance."""
CURRENT = {"Groupings": ["QUEUE"], "CurrentMetrics": [{"Name": "AGENTS_ONLINE", "Unit": "COUNT"}]}
LISTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    **{operation: ("connect", {}) for operation in CONNECT},
    "ListInstanceStorageConfigs": ("connect", {"ResourceType": "CALL_RECORDINGS"}),
    "ListContactReferences": ("connect", {"ContactId": "$contact", "ReferenceTypes": ["URL"]}),
    "SearchContacts": ("connect", {"TimeRange": "$times"}),
    "ListContactFlowVersions": ("connect", {"ContactFlowId": "$flow"}),
    "ListContactFlowModuleVersions": ("connect", {"ContactFlowModuleId": "$module"}),
    "ListContactFlowAliases": ("connect", {"ContactFlowId": "$flow"}),
    "ListContactFlowModuleAliases": ("connect", {"ContactFlowModuleId": "$module"}),
    "ListRoutingProfileQueues": ("connect", {"RoutingProfileId": "$profile"}),
    "SearchAvailablePhoneNumbers": (
        "connect",
        {"PhoneNumberCountryCode": "US", "PhoneNumberType": "DID", "InstanceId": "$instance"},
    ),
    "ListBots": ("connect", {"LexVersion": "V1"}),
    "ListHoursOfOperationOverrides": ("connect", {"HoursOfOperationId": "$hours"}),
    "ListQueueQuickConnects": ("connect", {"QueueId": "$queue"}),
    "ListTrafficDistributionGroupUsers": ("connect", {"TrafficDistributionGroupId": "$group"}),
    "ListEvaluationFormVersions": ("connect", {"EvaluationFormId": "$form"}),
    "ListSecurityProfilePermissions": ("connect", {"SecurityProfileId": "$security"}),
    "ListSecurityProfileApplications": ("connect", {"SecurityProfileId": "$security"}),
    "ListUserProficiencies": ("connect", {"UserId": "$user"}),
    "ListViewVersions": ("connect", {"ViewId": "$view"}),
    "GetCurrentMetricData": ("connect", {"Filters": {"Queues": "$queues", "Channels": ["VOICE"]}, **CURRENT}),
    "GetCurrentUserData": ("connect", {"Filters": {"Agents": "$users"}}),
    "ListTables": ("dynamodb", {}),
    "ListFunctions": ("lambda", {}),
    "ListVersionsByFunction": ("lambda", {"FunctionName": "one"}),
    "ListAliases": ("lambda", {"FunctionName": "one"}),
    "ListProvisionedConcurrencyConfigs": ("lambda", {"FunctionName": "one"}),
    "DescribeAlarms": ("cloudwatch", {}),
    "ListServices": ("service-quotas", {}),
    "ListServiceQuotas": ("service-quotas", {"ServiceCode": "dynamodb"}),
    "ListAWSDefaultServiceQuotas": ("service-quotas", {"ServiceCode": "dynamodb"}),
    "ListRequestedServiceQuotaChangeHistory": ("service-quotas", {}),
    "ListRequestedServiceQuotaChangeHistoryByQuota": (
        "service-quotas",
        {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"},
    ),
}
"""Listings by operation: service, and the parameters of the request; names with $ are of the centre."""
ELSEWHERE = {
    "GetMetricDataV2": "measured spans: the tests of historical metrics",
    "GetMetricData": "measured spans: the tests of historical metrics and of CloudWatch",
    "ListMetrics": "pages of 500: the tests of CloudWatch",
    "ExecuteStatement": "moto's results",
    "ListTagsOfResource": "moto's results",
}
"""Operations with pages that are not listed here, and why."""
ONE = (
    "ListInstanceStorageConfigs",
    "ListContactReferences",
    "ListRequestedServiceQuotaChangeHistoryByQuota",
    "ListProvisionedConcurrencyConfigs",
)
"""Listings that have one entry in the centre, or no size of a page."""
DAY = [{"Day": "MONDAY", "StartTime": {"Hours": 9, "Minutes": 0}, "EndTime": {"Hours": 17, "Minutes": 0}}]
BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
END = {"Identifier": "bye", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}
FEW = ("1", "2", "3")


def flow(action: dict[str, Any], text: str = "", **more: Any) -> str:
    document = {"Version": "2019-10-30", "StartAction": "bye", "Actions": [action], **more}
    return json.dumps({**document, "Metadata": {"text": text}})


class Centre:
    """An emulator whose instance has some of everything that is listed, and clients of its services."""

    def __init__(self, emulator: Emulator, url: str) -> None:
        self.emulator = emulator
        self.url = url
        self.clients = {name: self.client(name, total_max_attempts=1) for name in SERVICES.values()}
        self.named: dict[str, Any] = {"instance": emulator.state.account.instance_id}

    def client(self, service: str, **retries: Any) -> Any:
        """A client that repeats requests as `retries` says."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries=retries, parameter_validation=False),
        )

    def __call__(self, operation: str, service: str = "connect", **params: Any) -> dict[str, Any]:
        shape = self.shape(service, operation)
        if service == "connect" and "InstanceId" in shape.members and operation != "ListPhoneNumbersV2":
            params.setdefault("InstanceId", self.named["instance"])
        answer: dict[str, Any] = self.clients[service]._make_api_call(operation, params)
        return answer

    def shape(self, service: str, operation: str) -> Any:
        """The model of an operation's request."""
        return self.clients[service].meta.service_model.operation_model(operation).input_shape

    def listing(self, operation: str, **more: Any) -> dict[str, Any]:
        """Answer of a listing of the table."""
        service, params = LISTINGS[operation]
        return self(operation, service, **self.filled(params), **more)

    def filled(self, value: Any) -> Any:
        """A value of the table with the names of the centre."""
        if isinstance(value, dict):
            return {name: self.filled(inner) for name, inner in value.items()}
        return self.named[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def furnish(call: Centre) -> None:
    """Make a few of everything."""
    named = call.named
    call(
        "CreateInstance",
        IdentityManagementType="SAML",
        InstanceAlias="second",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=True,
    )
    store = {"StorageType": "S3", "S3Config": {"BucketName": "calls", "BucketPrefix": "connect"}}
    call("AssociateInstanceStorageConfig", ResourceType="CALL_RECORDINGS", StorageConfig=store)
    for number in FEW:
        named["hours"] = call("CreateHoursOfOperation", Name=f"H{number}", TimeZone="UTC", Config=DAY)[
            "HoursOfOperationId"
        ]
        named["queue"] = call("CreateQueue", Name=f"Q{number}", HoursOfOperationId=named["hours"])["QueueId"]
        named.setdefault("queues", []).append(named["queue"])
        call("CreatePrompt", Name=f"P{number}", S3Uri="s3://bucket/a.wav")
        phone = {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+12065550100"}}
        quick = call("CreateQuickConnect", Name=f"C{number}", QuickConnectConfig=phone)["QuickConnectId"]
        named.setdefault("quick", []).append(quick)
        named["flow"] = call("CreateContactFlow", Name=f"F{number}", Type="CONTACT_FLOW", Content=flow(BYE))[
            "ContactFlowId"
        ]
        settings = {"InputParameters": [], "OutputParameters": [], "Transitions": []}
        named["module"] = call(
            "CreateContactFlowModule", Name=f"M{number}", Content=flow(END, Settings=settings)
        )["Id"]
        furnish_settings(call, number)
    for number in FEW:
        furnish_versions(call, number, flow(END, number, Settings=settings))
        date = f"2026-12-2{number}"
        call(
            "CreateHoursOfOperationOverride",
            HoursOfOperationId=named["hours"],
            Name=f"O{number}",
            Config=DAY,
            EffectiveFrom=date,
            EffectiveTill=date,
        )
    call("AssociateQueueQuickConnects", QueueId=named["queue"], QuickConnectIds=named["quick"])
    furnish_people(call)
    furnish_services(call)
    references = {name: {"Type": "URL", "Value": "https://example.org"} for name in FEW}
    for number in FEW:
        named["contact"] = call(
            "StartTaskContact", ContactFlowId=named["flow"], Name=number, References=references
        )["ContactId"]
    now = int(time.time())
    named["times"] = {"Type": "INITIATION_TIMESTAMP", "StartTime": now - 3600, "EndTime": now + 3600}


def furnish_settings(call: Centre, number: str) -> None:
    named = call.named
    call("AssociateApprovedOrigin", Origin=f"https://{number}.example")
    if number != "3":  # an instance has two
        key = f"-----BEGIN PUBLIC KEY-----\n{number}\n-----END PUBLIC KEY-----"
        call("AssociateSecurityKey", Key=key)
    call(
        "CreateIntegrationAssociation",
        IntegrationType="EVENT",
        IntegrationArn=f"arn:aws:app-integrations:us-east-1:123456789012:event-integration/{number}",
        SourceApplicationUrl="https://shop.example",
        SourceApplicationName="Shop",
        SourceType="CASES",
    )
    call("CreatePredefinedAttribute", Name=f"A{number}", Values={"StringList": ["x"]})
    view = {"Template": "{}", "Actions": []}
    named["view"] = call("CreateView", Name=f"V{number}", Status="PUBLISHED", Content=view)["View"]["Id"]
    call(
        "CreateRule",
        Name=f"R{number}",
        TriggerEventSource={"EventSourceName": "OnPostCallAnalysisAvailable"},
        Function="x",
        Actions=[{"ActionType": "END_ASSOCIATED_TASKS", "EndAssociatedTasksAction": {}}],
        PublishStatus="DRAFT",
    )
    question = {"Question": {"Title": "Polite?", "RefId": "q", "QuestionType": "TEXT"}}
    items = [{"Section": {"Title": "Call", "RefId": "s", "Items": [question]}}]
    named["form"] = call("CreateEvaluationForm", Title=f"E{number}", Items=items)["EvaluationFormId"]
    named["items"] = items
    call("CreateVocabulary", VocabularyName=f"W{number}", LanguageCode="en-US", Content="Phrase")
    subject = {"Id": {"Name": "Subject"}}
    call(
        "CreateTaskTemplate",
        Name=f"T{number}",
        Fields=[{**subject, "Type": "NAME"}],
        Constraints={"RequiredFields": [subject]},
        ContactFlowId=named["flow"],
    )
    named["group"] = call("CreateTrafficDistributionGroup", Name=f"G{number}", InstanceId=named["instance"])[
        "Id"
    ]
    call("AssociateLambdaFunction", FunctionArn=f"arn:aws:lambda:us-east-1:123456789012:function:f{number}")
    call("AssociateLexBot", LexBot={"Name": f"B{number}", "LexRegion": "us-east-1"})
    number_id = call("ClaimPhoneNumber", InstanceId=named["instance"], PhoneNumber=f"+1206555020{number}")[
        "PhoneNumberId"
    ]
    call("AssociatePhoneNumberContactFlow", PhoneNumberId=number_id, ContactFlowId=named["flow"])


def furnish_versions(call: Centre, number: str, module: str) -> None:
    named = call.named
    call("UpdateContactFlowContent", ContactFlowId=named["flow"], Content=flow(BYE, number))
    call("CreateContactFlowVersion", ContactFlowId=named["flow"])
    call(
        "CreateContactFlowAlias",
        ContactFlowId=named["flow"],
        AliasName=f"a{number}",
        ContactFlowVersion=int(number),
    )
    call("UpdateContactFlowModuleContent", ContactFlowModuleId=named["module"], Content=module)
    call("CreateContactFlowModuleVersion", ContactFlowModuleId=named["module"])
    call(
        "CreateContactFlowModuleAlias",
        ContactFlowModuleId=named["module"],
        AliasName=f"a{number}",
        ContactFlowModuleVersion=int(number),
    )
    call("CreateViewVersion", ViewId=named["view"])
    call(
        "UpdateEvaluationForm",
        EvaluationFormId=named["form"],
        EvaluationFormVersion=1,
        CreateNewVersion=True,
        Title="E3",
        Items=named["items"],
    )


def furnish_people(call: Centre) -> None:
    named = call.named
    configs = [
        {"QueueReference": {"QueueId": queue, "Channel": "VOICE"}, "Priority": 1, "Delay": 0}
        for queue in named["queues"]
    ]
    call("UpdateUserHierarchyStructure", HierarchyStructure={"LevelOne": {"Name": "Team"}})
    applications = [{"Namespace": f"n{number}", "ApplicationPermissions": ["ACCESS"]} for number in FEW]
    for number in FEW:
        named["profile"] = call(
            "CreateRoutingProfile",
            Name=f"RP{number}",
            Description="d",
            DefaultOutboundQueueId=named["queue"],
            MediaConcurrencies=[{"Channel": "VOICE", "Concurrency": 1}],
            QueueConfigs=configs,
        )["RoutingProfileId"]
        named["security"] = call(
            "CreateSecurityProfile",
            SecurityProfileName=f"S{number}",
            Permissions=["BasicAgentAccess", "OutboundCallAccess"],
            Applications=applications,
        )["SecurityProfileId"]
        call("CreateAgentStatus", Name=f"AS{number}", State="ENABLED")
        call("CreateUserHierarchyGroup", Name=f"HG{number}")
        named["user"] = call(
            "CreateUser",
            Username=f"user{number}",
            Password="Passw0rd",
            IdentityInfo={"FirstName": "A", "LastName": "B"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[named["security"]],
            RoutingProfileId=named["profile"],
        )["UserId"]
        named.setdefault("users", []).append(named["user"])
        call(
            "AssociateTrafficDistributionGroupUser",
            TrafficDistributionGroupId=named["group"],
            UserId=named["user"],
            InstanceId=named["instance"],
        )
    statuses = call("ListAgentStatuses", AgentStatusTypes=["ROUTABLE"])["AgentStatusSummaryList"]
    for user in named["users"]:
        call("PutUserStatus", UserId=user, AgentStatusId=statuses[0]["Id"])
    proficiencies = [{"AttributeName": f"A{number}", "AttributeValue": "x", "Level": 3.0} for number in FEW]
    call("AssociateUserProficiencies", UserId=named["user"], UserProficiencies=proficiencies)


def furnish_services(call: Centre) -> None:
    for name in ("one", "two", "three"):
        key = {"AttributeName": "id", "AttributeType": "S"}
        schema = [{"AttributeName": "id", "KeyType": "HASH"}]
        call(
            "CreateTable",
            "dynamodb",
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[key],
            KeySchema=schema,
        )
        call(
            "PutMetricAlarm",
            "cloudwatch",
            AlarmName=name,
            Namespace="AWS/Connect",
            MetricName="ConcurrentCalls",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=8.0,
            ComparisonOperator="GreaterThanThreshold",
        )
    for number in FEW:
        call(
            "UpdateFunctionConfiguration", "lambda", FunctionName="one", Description=number
        )  # a version needs a change
        call("PublishVersion", "lambda", FunctionName="one")
        call("CreateAlias", "lambda", FunctionName="one", Name=f"a{number}", FunctionVersion=number)
    call(
        "PutProvisionedConcurrencyConfig",
        "lambda",
        FunctionName="one",
        Qualifier="a1",
        ProvisionedConcurrentExecutions=1,
    )
    for code, value in (("L-B99A9384", 5000.0), ("L-2ACBD22F", 400.0)):
        call(
            "RequestServiceQuotaIncrease",
            "service-quotas",
            ServiceCode="lambda",
            QuotaCode=code,
            DesiredValue=value,
        )


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    from busyhour.scenarios.model import Function

    rates = {quota.key: 1e6 for quota in load() if quota.kind in (Kind.RATE, Kind.BURST)}
    rates |= {f"connect.{kebab(operation)}.rate": 1e6 for operation in HANDLERS}
    emulator = build(
        flows=[],
        quotas=rates,
        functions=[Function(name) for name in ("one", "two", "three")],
        numbers=["+12065550199"],
    )
    with running(emulator) as url:
        made = Centre(emulator, url)
        furnish(made)
        yield made


def test_every_operation_with_pages_is_listed_here(centre):
    known = set(LISTINGS) | set(ELSEWHERE)
    served = {
        operation
        for signing, service in SERVICES.items()
        for operation in centre.emulator.router.served()[signing]
        if (shape := centre.shape(service, operation)) is not None and set(TOKENS) & set(shape.members)
    }
    assert served - known == set()
    assert known - served == set()


def test_every_request_of_busyhours_reader_is_served(centre):
    served = {
        SERVICES[name]: operations
        for name, operations in centre.emulator.router.served().items()
        if name in SERVICES
    }
    asked = {(one.service, one.operation) for kind in KINDS for one in (*kind.listings, *kind.details)}
    assert {(service, operation) for service, operation in asked if operation not in served[service]} == set()
    assert centre("GetCallerIdentity", "sts")["Account"] == centre.emulator.state.account.account_id


def pages(centre: Centre, operation: str, size: int) -> Iterator[list[Any]]:
    """The entries of each page of a listing."""
    service, _ = LISTINGS[operation]
    members = centre.shape(service, operation).members
    limit = next((name for name in SIZES if name in members), None)
    token = next(name for name in TOKENS if name in members)
    more: dict[str, Any] = {limit: size} if limit else {}
    while True:
        answer = centre.listing(operation, **more)
        yield entries(answer)
        if TOKENS[token] not in answer:
            return
        more[token] = answer[TOKENS[token]]


def entries(answer: dict[str, Any]) -> list[Any]:
    return [one for name, value in sorted(answer.items()) if isinstance(value, list) for one in value]


@pytest.mark.parametrize("operation", sorted(set(LISTINGS) - set(ONE)))
def test_pages_of_any_size_have_each_entry_once(centre, operation):
    everything = [one for page in pages(centre, operation, 2) for one in page]
    assert len(everything) >= 2
    for size in (1, 2) if operation == "ListSecurityKeys" else (1, 2, 3, 7):
        found = list(pages(centre, operation, size))
        assert [one for page in found for one in page] == everything, size
        assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)
        assert 1 <= len(found[-1]) <= size


@pytest.mark.parametrize("operation", ONE)
def test_a_listing_of_one_page_has_its_entries(centre, operation):
    (whole,) = pages(centre, operation, 10)
    assert whole


TAKES_ANY_NAME = ("ListTables",)
"""Listings whose token is a name, in AWS as well."""


@pytest.mark.parametrize("operation", sorted(set(LISTINGS) - set(TAKES_ANY_NAME)))
def test_a_token_of_another_listing_is_refused(centre, operation):
    service, _ = LISTINGS[operation]
    members = centre.shape(service, operation).members
    token = next(name for name in TOKENS if name in members)
    other = {
        "connect": lambda: centre("ListUsers" if operation != "ListUsers" else "ListQueues", MaxResults=1),
        "lambda": lambda: centre(
            *("ListFunctions" if operation != "ListFunctions" else "ListAliases", "lambda"),
            **({} if operation != "ListFunctions" else {"FunctionName": "one"}),
            MaxItems=1,
        ),
        "cloudwatch": lambda: centre("ListUsers", MaxResults=1),
        "service-quotas": lambda: centre(
            *("ListServices" if operation != "ListServices" else "ListServiceQuotas", "service-quotas"),
            **({} if operation != "ListServices" else {"ServiceCode": "dynamodb"}),
            MaxResults=1,
        ),
    }[service]()
    model = centre.clients[service].meta.service_model.operation_model(operation)
    with pytest.raises(ClientError) as refused:
        centre.listing(operation, **{token: other[TOKENS[token]]})
    about = refused.value.response
    assert about["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert about["Error"]["Code"] in {
        shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes
    }


@pytest.mark.parametrize(
    ("operation", "quota", "code", "status"),
    [
        ("ListQueues", "connect.list-queues", "TooManyRequestsException", 429),
        ("SearchUsers", "connect.search-users", "TooManyRequestsException", 429),
        ("ListFunctions", "lambda.all-other-operations", "TooManyRequestsException", 429),
    ],
)
def test_a_throttled_reader_that_waits_reads_everything(operation, quota, code, status):
    emulator = build(flows=[], quotas={f"{quota}.rate": 20.0, f"{quota}.burst": 2.0})
    service, _ = LISTINGS[operation]
    with running(emulator) as url:
        centre = Centre(emulator, url)
        codes = []
        for _ in range(6):
            try:
                centre.listing(operation)
            except ClientError as error:
                about = error.response
                codes.append((about["Error"]["Code"], about["ResponseMetadata"]["HTTPStatusCode"]))
        assert set(codes) == {(code, status)}
        centre.clients[service] = centre.client(service, total_max_attempts=8, mode="standard")
        for _ in range(6):
            centre.listing(operation)


def refusing(run: Callable[[], Any]) -> str:
    """The code of the error of a request."""
    with pytest.raises(ClientError) as refused:
        run()
    code: str = refused.value.response["Error"]["Code"]
    return code


@pytest.mark.parametrize("size", [0, -1, 100_000])
def test_pages_of_no_size_are_refused(centre, size):
    for operation in ("ListQueues", "SearchUsers"):
        assert refusing(lambda name=operation: centre.listing(name, MaxResults=size)) in (
            "InvalidParameterException",
            "InvalidRequestException",
        )
