"""One queue of tasks, and one agent for it."""

from __future__ import annotations

import json

import pytest

MUSIC = {
    "Version": "2019-10-30",
    "StartAction": "go",
    "Actions": [
        {
            "Identifier": "go",
            "Type": "TransferContactToQueue",
            "Parameters": {},
            "Transitions": {
                "NextAction": "bye",
                "Errors": [
                    {"NextAction": "bye", "ErrorType": one} for one in ("NoMatchingError", "QueueAtCapacity")
                ],
                "Conditions": [],
            },
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}


def set_queue(arn):
    flow = json.loads(json.dumps(MUSIC))
    error = {"NextAction": "bye", "ErrorType": "NoMatchingError"}
    flow["Actions"].append(
        {
            "Identifier": "set",
            "Type": "UpdateContactTargetQueue",
            "Parameters": {"QueueId": arn},
            "Transitions": {"NextAction": "go", "Errors": [error], "Conditions": []},
        }
    )
    return json.dumps({**flow, "StartAction": "set"})


class Lab:
    """One queue of tasks, one agent with two tasks at once, who signs in when told."""

    to_target = json.dumps(MUSIC)
    """Content of a flow that puts a contact into the queue that it already has."""

    def __init__(self, client):
        self.client = client
        hours = client("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
        made = client("CreateQueue", Name="Orders", HoursOfOperationId=hours)
        self.queue = made["QueueId"]
        config = {"QueueReference": {"QueueId": self.queue, "Channel": "TASK"}, "Priority": 1, "Delay": 0}
        self.profile = client(
            "CreateRoutingProfile",
            Name="Tasks",
            Description="d",
            DefaultOutboundQueueId=self.queue,
            MediaConcurrencies=[{"Channel": "TASK", "Concurrency": 2}],
            QueueConfigs=[config],
        )["RoutingProfileId"]
        self.user = client(
            "CreateUser",
            Username="ada",
            Password="Passw0rd",
            IdentityInfo={"FirstName": "A", "LastName": "L"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]],
            RoutingProfileId=self.profile,
        )["UserId"]
        self.flow = self.make("To orders", set_queue(made["QueueArn"]))
        self.plain = self.make("To the target", self.to_target)

    def make(self, name, content, **more):
        return self.client("CreateContactFlow", Name=name, Type="CONTACT_FLOW", Content=content, **more)[
            "ContactFlowId"
        ]

    def task(self, **more):
        return self.client("StartTaskContact", ContactFlowId=self.flow, Name="t", **more)["ContactId"]

    def sign_in(self):
        statuses = self.client("ListAgentStatuses")["AgentStatusSummaryList"]
        available = next(one["Id"] for one in statuses if one["Name"] == "Available")
        self.client("PutUserStatus", UserId=self.user, AgentStatusId=available)

    def current(self, name):
        result = self.client(
            "GetCurrentMetricData",
            Filters={"Queues": [self.queue]},
            CurrentMetrics=[{"Name": name, "Unit": "COUNT"}],
        )
        return result["MetricResults"][0]["Collections"][0]["Value"]

    def contact(self, task):
        return self.client("DescribeContact", ContactId=task)["Contact"]

    def place(self, task):
        metrics = [{"Name": "POSITION_IN_QUEUE"}]
        results = self.client("GetContactMetrics", ContactId=task, Metrics=metrics)["MetricResults"]
        return results[0]["Value"]["Number"]

    def pass_time(self, seconds):
        self.client.emulator.clock.advance(seconds)


@pytest.fixture
def lab(connect):
    return Lab(connect)
