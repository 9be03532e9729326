"""Agents who are users with routing profiles, in virtual time; hours; what the metrics say of both."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from busyhour.emulator.app import default_scenario
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.connect.resources.hours_of_operation import is_open
from busyhour.scenarios.model import Distribution

EPOCH = 1_800_000_000.0
"""A Friday, 08:00 UTC."""


def step(identifier, type, parameters, following):
    errors = [
        {"NextAction": "bye", "ErrorType": "NoMatchingError"},
        {"NextAction": "bye", "ErrorType": "QueueAtCapacity"},
    ]
    transitions = {"NextAction": following, "Errors": errors, "Conditions": []}
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}


class Centre:
    """A client of an instance with one queue, and what tests do to it."""

    def __init__(self, client):
        self.client = client
        hours = client("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
        self.queue = client("CreateQueue", Name="Sales", HoursOfOperationId=hours)["QueueId"]
        arn = client("DescribeQueue", QueueId=self.queue)["Queue"]["QueueArn"]
        self.flow = self.make_flow("Queued", arn)
        self.statuses = {
            one["Type"]: one["Id"] for one in client("ListAgentStatuses")["AgentStatusSummaryList"]
        }
        self.security = client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]

    def make_flow(self, name, queue_arn):
        document = {
            "Version": "2019-10-30",
            "StartAction": "set",
            "Actions": [
                step("set", "UpdateContactTargetQueue", {"QueueId": queue_arn}, "wait"),
                step("wait", "TransferContactToQueue", {}, "bye"),
                BYE,
            ],
        }
        params = {"Name": name, "Type": "CONTACT_FLOW", "Content": json.dumps(document)}
        return self.client("CreateContactFlow", **params)["ContactFlowId"]

    def profile(self, name, *configs, media=(("VOICE", 1),)):
        queues = [
            {"QueueReference": {"QueueId": queue, "Channel": channel}, "Priority": priority, "Delay": delay}
            for queue, channel, priority, delay in configs
        ]
        return self.client(
            "CreateRoutingProfile",
            Name=name,
            Description="d",
            DefaultOutboundQueueId=self.queue,
            **({"QueueConfigs": queues} if queues else {}),
            MediaConcurrencies=[{"Channel": one, "Concurrency": count} for one, count in media],
        )["RoutingProfileId"]

    def employ(self, name, profile):
        return self.client(
            "CreateUser",
            Username=name,
            Password="Passw0rd",
            IdentityInfo={"FirstName": name, "LastName": "X"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[self.security],
            RoutingProfileId=profile,
        )["UserId"]

    def sign(self, user, type="ROUTABLE"):
        self.client("PutUserStatus", UserId=user, AgentStatusId=self.statuses[type])

    def task(self, **more):
        params = {"ContactFlowId": self.flow, "Name": "t", **more}
        return self.client("StartTaskContact", **params)["ContactId"]

    def chat(self, **more):
        params = {"ContactFlowId": self.flow, "ParticipantDetails": {"DisplayName": "Ada"}, **more}
        return self.client("StartChatContact", **params)["ContactId"]

    def call(self, **more):
        params = {
            "ContactFlowId": self.flow,
            "DestinationPhoneNumber": "+12065550100",
            "SourcePhoneNumber": "+12065550199",
        }
        return self.client("StartOutboundVoiceContact", **{**params, **more})["ContactId"]

    def contact(self, contact_id):
        return self.client("DescribeContact", ContactId=contact_id)["Contact"]

    def advance(self, seconds):
        self.client.emulator.clock.advance(seconds)

    def now(self, *names, **more):
        filters = {"Queues": [self.queue], **more.pop("Filters", {})}
        answer = self.client(
            "GetCurrentMetricData", Filters=filters, CurrentMetrics=[{"Name": one} for one in names], **more
        )
        (result,) = answer["MetricResults"]
        return [entry["Value"] for entry in result["Collections"]]

    def past(self, *names, **more):
        params = {
            "ResourceArn": self.client.emulator.instance.arn,
            "StartTime": EPOCH,
            "EndTime": EPOCH + 3_600,
            "Filters": [{"FilterKey": "QUEUE", "FilterValues": [self.queue]}],
            **more,
        }
        self.advance(max(0.0, params["EndTime"] - self.client.emulator.state.time()))
        metrics = [one if isinstance(one, dict) else {"Name": one} for one in names]
        return self.client("GetMetricDataV2", Metrics=metrics, **params)["MetricResults"]


@pytest.fixture
def centre(make, fast):
    """Patience 60 s, talk 30 s, wrap-up 10 s, 4 s of ringing."""
    base = default_scenario(ConnectPolicy())
    times = {
        "patience": Distribution("constant", 60),
        "talk": Distribution("constant", 30),
        "wrap_up": Distribution("constant", 10),
    }
    plan = replace(base, callers=replace(base.callers, **times))
    return Centre(make(quotas={**fast, "L-12AB7C57": 1e3}, scenario=plan))


def test_without_users_whoever_is_queued_is_answered_at_once(centre):
    call = centre.call()
    centre.advance(4.5)
    assert "AgentInfo" in centre.contact(call)


def test_with_a_user_who_is_not_signed_in_callers_wait_and_give_up(centre):
    centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    call = centre.call()
    centre.advance(63)
    assert "AgentInfo" not in centre.contact(call)
    centre.advance(2)
    assert centre.contact(call)["DisconnectReason"] == "CUSTOMER_DISCONNECT"


def test_an_agent_who_signs_in_takes_the_call_and_wraps_up(centre):
    ada = centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    first, second = centre.call(), centre.call()
    centre.advance(20)
    centre.sign(ada)
    assert centre.contact(first)["AgentInfo"]["Id"] == ada
    centre.advance(30)
    assert centre.contact(first)["DisconnectReason"] == "AGENT_DISCONNECT"
    assert centre.now("AGENTS_AFTER_CONTACT_WORK", "AGENTS_ON_CONTACT", "AGENTS_AVAILABLE") == [1, 0, 0]
    assert "AgentInfo" not in centre.contact(second)
    centre.advance(10)
    agent = centre.contact(second)["AgentInfo"]
    assert (agent["Id"], agent["ConnectedToAgentTimestamp"].timestamp()) == (ada, EPOCH + 60)
    after = centre.contact(first)["AgentInfo"]
    assert after["AfterContactWorkDuration"] == 10


def test_who_signed_out_takes_nothing_more(centre):
    ada = centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    centre.sign(ada)
    centre.sign(ada, "OFFLINE")
    call = centre.call()
    centre.advance(30)
    assert "AgentInfo" not in centre.contact(call)


def test_a_new_routing_profile_takes_effect_at_once(centre):
    none = centre.profile("None", media=(("CHAT", 1),))
    both = centre.profile("Both", (centre.queue, "VOICE", 1, 0))
    ada = centre.employ("ada", none)
    centre.employ("bob", both)
    centre.sign(ada)
    call = centre.call()
    centre.advance(10)
    assert "AgentInfo" not in centre.contact(call)
    centre.client("UpdateUserRoutingProfile", UserId=ada, RoutingProfileId=both)
    assert centre.contact(call)["AgentInfo"]["Id"] == ada


def test_chats_and_tasks_are_taken_as_many_as_the_profile_allows(centre):
    configs = [(centre.queue, channel, 1, 0) for channel in ("CHAT", "TASK")]
    ada = centre.employ("ada", centre.profile("P", *configs, media=(("CHAT", 2), ("TASK", 1))))
    centre.sign(ada)
    chats = [centre.chat() for _ in range(3)]
    task = centre.task()
    assert ["AgentInfo" in centre.contact(one) for one in [*chats, task]] == [True, True, False, False]
    assert centre.now("SLOTS_ACTIVE", "SLOTS_AVAILABLE", Filters={"Channels": ["CHAT"]}) == [2, 0]
    centre.advance(41)
    assert "AgentInfo" in centre.contact(chats[2])
    centre.advance(41)
    contact = centre.contact(task)
    assert contact["AgentInfo"]["ConnectedToAgentTimestamp"].timestamp() == EPOCH + 80
    centre.advance(41)
    assert centre.contact(task)["DisconnectReason"] == "AGENT_COMPLETED"


def test_nobody_loses_patience_with_a_task(centre):
    centre.employ("ada", centre.profile("P", (centre.queue, "TASK", 1, 0), media=(("TASK", 1),)))
    task, chat = centre.task(), centre.chat()
    centre.advance(3_600)
    assert "DisconnectReason" not in centre.contact(task)
    assert centre.contact(chat)["DisconnectReason"] == "CUSTOMER_DISCONNECT"


def test_a_full_queue_and_a_disabled_one_turn_contacts_away(centre):
    centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    centre.client("UpdateQueueMaxContacts", QueueId=centre.queue, MaxContacts=1)
    calls = [centre.call() for _ in range(2)]
    centre.advance(5)
    assert ["DisconnectReason" in centre.contact(one) for one in calls] == [False, True]
    where = (("InstanceId", centre.client.instance_id), ("MetricGroup", "Queue"), ("QueueName", "Sales"))
    assert centre.client.emulator.state.metrics.total("AWS/Connect", "QueueCapacityExceededError", where) == 1
    centre.client("UpdateQueueMaxContacts", QueueId=centre.queue, MaxContacts=9)
    centre.client("UpdateQueueStatus", QueueId=centre.queue, Status="DISABLED")
    call = centre.call()
    centre.advance(5)
    assert "QueueInfo" not in centre.contact(call)


def test_a_deleted_users_queue_is_answered_at_once_again(centre):
    ada = centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    centre.client("DeleteUser", UserId=ada)
    call = centre.call()
    centre.advance(4.5)
    assert "AgentInfo" in centre.contact(call)


def test_a_reset_keeps_users_and_who_is_signed_in(centre):
    from busyhour.emulator.messages import Request

    ada = centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    centre.sign(ada)
    centre.client.emulator.admin(Request("POST", "/_busyhour/reset", "", {}, b"", "", "", ""))
    call = centre.call()
    centre.advance(4.5)
    assert centre.contact(call)["AgentInfo"]["Id"] == ada


def test_the_record_names_the_agent_and_the_routing_profile(centre):
    from busyhour.emulator.connect.contacts.contact_record import record

    ada = centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    centre.sign(ada)
    centre.call()
    centre.advance(100)
    emulator = centre.client.emulator
    (contact,) = emulator.contacts.store.after(0, 10)
    agent = record(contact, emulator.instance)["Agent"]
    assert (agent["Username"], agent["RoutingProfile"]["Name"], agent["AfterContactWorkDuration"]) == (
        "ada",
        "P",
        10,
    )
    assert agent["ARN"].endswith(f"/agent/{ada}")


def test_a_contact_for_one_agent_in_person_waits_for_that_agent_up_to_the_quota(centre):
    profile = centre.profile("P", (centre.queue, "VOICE", 1, 0))
    ada, bob = centre.employ("ada", profile), centre.employ("bob", profile)
    centre.sign(bob)
    arn = centre.client("DescribeUser", UserId=ada)["User"]["Arn"]
    document = {
        "Version": "2019-10-30",
        "StartAction": "set",
        "Actions": [
            step("set", "UpdateContactTargetQueue", {"AgentId": arn}, "wait"),
            step("wait", "TransferContactToQueue", {}, "bye"),
            BYE,
        ],
    }
    params = {"Name": "Ada", "Type": "CONTACT_FLOW", "Content": json.dumps(document)}
    flow = centre.client("CreateContactFlow", **params)["ContactFlowId"]
    calls = [centre.call(ContactFlowId=flow) for _ in range(11)]
    usual = centre.call()
    centre.advance(5)
    assert ["DisconnectReason" in centre.contact(one) for one in calls] == [False] * 10 + [True]
    assert centre.contact(usual)["AgentInfo"]["Id"] == bob
    another = centre.call()
    centre.advance(10)
    centre.sign(ada)
    assert centre.contact(calls[0])["AgentInfo"]["Id"] == ada
    centre.advance(41)
    assert centre.contact(another)["AgentInfo"]["Id"] == bob
    assert centre.contact(calls[1])["AgentInfo"]["Id"] == ada
    key = "connect.maximum-contacts-in-an-agent-queue-per-instance"
    (tally,) = [one for one in centre.client.emulator.state.limits.tallies() if one.quota.key == key]
    assert tally.rejected == 1


# --------------------------------------------------------------------------------------------------- metrics


def test_current_metrics_tell_users_by_their_status(centre):
    profile = centre.profile("P", (centre.queue, "VOICE", 1, 0))
    ada, bob, _ = (centre.employ(name, profile) for name in ("ada", "bob", "carla"))
    lunch = centre.client("CreateAgentStatus", Name="Lunch", State="ENABLED")["AgentStatusId"]
    centre.sign(ada)
    centre.client("PutUserStatus", UserId=bob, AgentStatusId=lunch)
    names = ("AGENTS_ONLINE", "AGENTS_STAFFED", "AGENTS_AVAILABLE", "AGENTS_NON_PRODUCTIVE")
    assert centre.now(*names) == [2, 1, 1, 1]
    centre.call()
    centre.call()
    centre.advance(10)
    names = ("AGENTS_AVAILABLE", "AGENTS_ON_CALL", "CONTACTS_IN_QUEUE", "OLDEST_CONTACT_AGE")
    assert centre.now(*names) == [0, 1, 1, 6_000]
    answer = centre.client(
        "GetCurrentMetricData",
        Filters={"RoutingProfiles": [profile]},
        Groupings=["ROUTING_PROFILE"],
        CurrentMetrics=[{"Name": "AGENTS_ONLINE"}],
    )
    (result,) = answer["MetricResults"]
    assert result["Dimensions"]["RoutingProfile"]["Id"] == profile
    assert result["Collections"][0]["Value"] == 2


def busy_hour(centre):
    """One agent, three calls: two are answered after 0 and 40 s, the third is given up after 60 s."""
    ada = centre.employ("ada", centre.profile("P", (centre.queue, "VOICE", 1, 0)))
    centre.sign(ada)
    for _ in range(3):
        centre.call()
    centre.advance(600)


def test_metrics_of_the_past_count_what_happened(centre):
    busy_hour(centre)
    names = [
        *(
            "CONTACTS_CREATED",
            "CONTACTS_QUEUED",
            "CONTACTS_HANDLED",
            "CONTACTS_ABANDONED",
            "ABANDONMENT_RATE",
        ),
        *("MAX_QUEUED_TIME", "AVG_QUEUE_ANSWER_TIME", "AVG_ABANDON_TIME", "AVG_INTERACTION_TIME"),
        *(
            "AVG_AFTER_CONTACT_WORK_TIME",
            "AVG_HANDLE_TIME",
            "FLOWS_STARTED",
            "FLOWS_OUTCOME",
            "MAX_FLOW_TIME",
        ),
    ]
    (result,) = centre.past(*names)
    values = {one["Metric"]["Name"]: one["Value"] for one in result["Collections"]}
    assert values == pytest.approx(
        {
            "CONTACTS_CREATED": 3,
            "CONTACTS_QUEUED": 3,
            "CONTACTS_HANDLED": 2,
            "CONTACTS_ABANDONED": 1,
            "ABANDONMENT_RATE": 100 / 3,
            "MAX_QUEUED_TIME": 60,
            "AVG_QUEUE_ANSWER_TIME": 20,
            "AVG_ABANDON_TIME": 60,
            "AVG_INTERACTION_TIME": 30,
            "AVG_AFTER_CONTACT_WORK_TIME": 10,
            "AVG_HANDLE_TIME": 40,
            "FLOWS_STARTED": 3,
            "FLOWS_OUTCOME": 3,
            "MAX_FLOW_TIME": 0,
        }
    )


def test_a_service_level_has_a_threshold(centre):
    busy_hour(centre)
    threshold = [{"Comparison": "LT", "ThresholdValue": 20}]
    (result,) = centre.past({"Name": "SERVICE_LEVEL", "Threshold": threshold})
    assert result["Collections"][0]["Value"] == pytest.approx(100 / 3)
    (result,) = centre.past(
        {"Name": "SERVICE_LEVEL", "Threshold": [{"Comparison": "LT", "ThresholdValue": 50}]}
    )
    assert result["Collections"][0]["Value"] == pytest.approx(200 / 3)


def test_metrics_are_grouped_filtered_and_cut_into_intervals(centre):
    busy_hour(centre)
    grouped = centre.past("CONTACTS_CREATED", Groupings=["QUEUE", "DISCONNECT_REASON"])
    assert {one["Dimensions"]["DISCONNECT_REASON"]: one["Collections"][0]["Value"] for one in grouped} == {
        "AGENT_DISCONNECT": 2,
        "CUSTOMER_DISCONNECT": 1,
    }
    assert {one["Dimensions"]["QUEUE"] for one in grouped} == {centre.queue}
    filters = [
        {"FilterKey": "QUEUE", "FilterValues": [centre.queue]},
        {"FilterKey": "DISCONNECT_REASON", "FilterValues": ["CUSTOMER_DISCONNECT"]},
    ]
    (result,) = centre.past("CONTACTS_CREATED", Filters=filters)
    assert result["Collections"][0]["Value"] == 1
    dropped = {
        "Name": "FLOWS_OUTCOME",
        "MetricFilters": [
            {"MetricFilterKey": "FLOWS_OUTCOME_TYPE", "MetricFilterValues": ["TRANSFERRED_TO_QUEUE"]}
        ],
    }
    (result,) = centre.past(dropped)
    assert result["Collections"][0]["Value"] == 3
    results = centre.past("CONTACTS_CREATED", Interval={"IntervalPeriod": "FIFTEEN_MIN"})
    assert [one["Collections"][0]["Value"] for one in results] == [3, 0, 0, 0]
    assert results[0]["MetricInterval"]["EndTime"].timestamp() == EPOCH + 900


def test_less_than_and_at_most_differ_at_the_threshold(centre):
    busy_hour(centre)
    waits = sorted(
        one.answered - one.enqueued
        for one in centre.client.emulator.contacts.store.after(0, 10)
        if one.answered is not None
    )
    longest = waits[-1]
    assert longest == int(longest) > 0
    for comparison, expected in (("LT", len(waits) - 1), ("LTE", len(waits))):
        threshold = [{"Comparison": comparison, "ThresholdValue": longest}]
        (result,) = centre.past({"Name": "SUM_CONTACTS_ANSWERED_IN_X", "Threshold": threshold})
        assert result["Collections"][0]["Value"] == expected


def test_nothing_that_counts_gives_no_row_and_contacts_without_a_queue_are_found_by_absence(centre):
    assert centre.past("CONTACTS_CREATED") == []
    absent = [
        {"FilterKey": "AGENT", "StringCondition": {"Comparison": "NOT_EXISTS"}},
        {"FilterKey": "CHANNEL", "FilterValues": ["VOICE"]},
    ]
    centre.client.emulator.clock.advance(1)
    assert centre.past("CONTACTS_CREATED", Filters=absent) == []


@pytest.mark.parametrize(
    "params",
    [
        {"StartTime": EPOCH + 10, "EndTime": EPOCH + 5},
        {"StartTime": EPOCH - 100 * 86_400},
        {"StartTime": EPOCH - 40 * 86_400},
        {"StartTime": EPOCH - 4 * 86_400, "Interval": {"IntervalPeriod": "FIFTEEN_MIN"}},
        {"Groupings": ["SHOE_SIZE"]},
        {"Filters": [{"FilterKey": "SHOE_SIZE", "FilterValues": ["42"]}]},
    ],
)
def test_what_connect_would_not_measure_is_refused(centre, aws_error, params):
    with pytest.raises(aws_error) as error:
        centre.past("CONTACTS_CREATED", **params)
    assert (error.value.status, error.value.code) == (400, "InvalidParameterException")


def test_a_metric_that_is_not_served_is_named(centre, aws_error):
    with pytest.raises(aws_error, match="AVG_JOY"):
        centre.past("AVG_JOY")


# ----------------------------------------------------------------------------------------------------- hours


def day(name, start, end):
    return {
        "Day": name,
        "StartTime": {"Hours": start[0], "Minutes": start[1]},
        "EndTime": {"Hours": end[0], "Minutes": end[1]},
    }


@pytest.mark.parametrize(
    ("zone", "config", "open"),
    [
        ("UTC", [day("FRIDAY", (7, 0), (9, 0))], True),
        ("UTC", [day("FRIDAY", (8, 0), (9, 0))], True),
        ("UTC", [day("FRIDAY", (7, 0), (8, 0))], False),
        ("UTC", [day("THURSDAY", (7, 0), (9, 0))], False),
        ("America/New_York", [day("FRIDAY", (7, 0), (9, 0))], False),
        ("America/New_York", [day("FRIDAY", (3, 0), (4, 0))], True),
        ("UTC", [day("THURSDAY", (22, 0), (9, 0))], True),
        ("UTC", [day("FRIDAY", (22, 0), (9, 0))], False),
        ("UTC", [day("FRIDAY", (0, 0), (0, 0))], True),
        ("UTC", [], False),
    ],
)
def test_hours_are_open_by_day_time_and_zone(zone, config, open):
    assert is_open({"TimeZone": zone, "Config": config}, EPOCH) is open


def test_flows_check_the_hours_of_the_instance(centre):
    closed = centre.client(
        "CreateHoursOfOperation", Name="Never", TimeZone="UTC", Config=[day("MONDAY", (1, 0), (2, 0))]
    )
    open_ = centre.client("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Arn"]
    for arn, expected in ((closed["HoursOfOperationArn"], "closed"), (open_, "open")):
        conditions = [
            {"NextAction": name, "Condition": {"Operator": "Equals", "Operands": [value]}}
            for name, value in (("open", "True"), ("closed", "False"))
        ]
        check = step("check", "CheckHoursOfOperation", {"HoursOfOperationId": arn}, "bye")
        check["Transitions"]["Conditions"] = conditions
        noted = [
            step(
                one, "UpdateContactAttributes", {"Attributes": {"is": one}, "TargetContact": "Current"}, "bye"
            )
            for one in ("open", "closed")
        ]
        document = {"Version": "2019-10-30", "StartAction": "check", "Actions": [check, *noted, BYE]}
        flow = centre.client(
            "CreateContactFlow", Name=expected, Type="CONTACT_FLOW", Content=json.dumps(document)
        )["ContactFlowId"]
        task = centre.task(ContactFlowId=flow)
        assert centre.contact(task)["Attributes"] == {"is": expected}


# ---------------------------------------------------------------------------------------------------- search


def test_contacts_are_searched_by_what_is_known_of_them(centre):
    ada = centre.employ("ada", centre.profile("P", (centre.queue, "TASK", 1, 0), media=(("TASK", 9),)))
    centre.sign(ada)
    first = centre.task(Name="Refund for Bob", Attributes={"tier": "gold"})
    second = centre.task(Name="Complaint", Attributes={"tier": "blue"})
    centre.advance(60)

    def search(kind="INITIATION_TIMESTAMP", **criteria):
        span = {"Type": kind, "StartTime": EPOCH, "EndTime": EPOCH + 3_600}
        answer = centre.client(
            "SearchContacts",
            TimeRange=span,
            SearchCriteria=criteria,
            Sort={"FieldName": "INITIATION_TIMESTAMP", "Order": "DESCENDING"},
        )
        return {contact["Id"] for contact in answer["Contacts"]}

    assert search(Channels=["TASK"]) == {first, second}
    assert search(Channels=["VOICE"]) == set()
    assert search(AgentIds=[ada]) == {first, second}
    assert search(QueueIds=[centre.queue], kind="CONNECTED_TO_AGENT_TIMESTAMP") == {first, second}
    assert search(Name={"SearchText": ["refund"], "MatchType": "MATCH_ANY"}) == {first}
    wanted = {"Criteria": [{"Key": "tier", "Values": ["blue"]}], "MatchType": "MATCH_ALL"}
    assert search(SearchableContactAttributes=wanted) == {second}


def test_a_search_over_more_than_two_weeks_has_a_rate_of_its_own(make, aws_error):
    client = make()

    def search(days):
        span = {"Type": "INITIATION_TIMESTAMP", "StartTime": EPOCH - days * 86_400, "EndTime": EPOCH}
        client("SearchContacts", TimeRange=span)

    search(20)
    with pytest.raises(aws_error) as error:
        search(20)
    assert error.value.status == 429
    for _ in range(30):
        search(14)
    with pytest.raises(aws_error):
        search(14)
