"""Tasks that are paused and resumed, transfers to an agent, flows that were never published."""

from __future__ import annotations

import pytest

START = 1_800_000_000


@pytest.fixture
def refused(aws_error):
    def refused(client, operation, **params):
        with pytest.raises(aws_error) as error:
            client(operation, **params)
        return error.value.code, error.value.status

    return refused


def test_a_waiting_task_leaves_its_queue_and_is_queued_again(lab):
    first, second = lab.task(), lab.task()
    lab.client("PauseContact", ContactId=first)
    assert lab.current("CONTACTS_IN_QUEUE") == 1
    paused = lab.contact(first)
    assert (paused["TotalPauseCount"], "LastResumedTimestamp" in paused) == (1, False)
    lab.pass_time(60)
    lab.client("ResumeContact", ContactId=first)
    assert lab.current("CONTACTS_IN_QUEUE") == 2
    lab.sign_in()
    assert lab.current("CONTACTS_IN_QUEUE") == 0
    answered = [lab.contact(task)["AgentInfo"]["ConnectedToAgentTimestamp"] for task in (second, first)]
    assert answered == sorted(answered)
    resumed = lab.contact(first)
    assert (resumed["LastResumedTimestamp"] - resumed["LastPausedTimestamp"]).total_seconds() == 60


def test_a_paused_task_frees_its_agent_who_may_pause_as_many_as_the_profile_allows(lab, refused):
    lab.sign_in()
    tasks = [lab.task() for _ in range(5)]
    assert lab.current("CONTACTS_IN_QUEUE") == 3
    for task in tasks[:2]:
        lab.client("PauseContact", ContactId=task)
    assert lab.current("CONTACTS_IN_QUEUE") == 1
    assert refused(lab.client, "PauseContact", ContactId=tasks[2]) == ("LimitExceededException", 429)
    lab.client("ResumeContact", ContactId=tasks[0])
    assert lab.current("SLOTS_ACTIVE") == 3
    lab.client("StopContact", ContactId=tasks[2])
    lab.pass_time(400)  # beyond the agent's work after the contact
    assert lab.contact(tasks[0])["TotalPauseCount"] == 1


def test_work_on_a_task_goes_on_where_it_was_paused(lab):
    lab.sign_in()
    task = lab.task()
    lab.client("PauseContact", ContactId=task)
    lab.pass_time(50_000)
    assert "DisconnectTimestamp" not in lab.contact(task)
    lab.client("ResumeContact", ContactId=task)
    lab.pass_time(50_000)
    ended = lab.contact(task)
    assert ended["TotalPauseDurationInSeconds"] == 50_000
    assert "DisconnectTimestamp" in ended
    lab.pass_time(50_000)
    assert lab.current("SLOTS_ACTIVE") == 0


def test_a_paused_task_can_be_ended_and_transferred(lab):
    lab.sign_in()
    ended, moved = lab.task(), lab.task()
    for task in (ended, moved):
        lab.client("PauseContact", ContactId=task)
    lab.pass_time(30)
    lab.client("StopContact", ContactId=ended)
    assert lab.contact(ended)["TotalPauseDurationInSeconds"] == 30
    lab.client("TransferContact", ContactId=moved, ContactFlowId=lab.flow)
    assert lab.contact(moved)["DisconnectReason"] == "TRANSFERRED"
    lab.pass_time(50_000)
    assert lab.current("SLOTS_ACTIVE") == 0


def test_states_and_channels_that_cannot_be_paused(lab, refused, start):
    task, later = lab.task(), lab.task(ScheduledTime=START + 600)
    assert refused(lab.client, "ResumeContact", ContactId=task) == ("ConflictException", 409)
    lab.client("PauseContact", ContactId=task)
    assert refused(lab.client, "PauseContact", ContactId=task) == ("ConflictException", 409)
    assert refused(lab.client, "PauseContact", ContactId=later) == ("ConflictException", 409)
    lab.client("StopContact", ContactId=task)
    assert refused(lab.client, "ResumeContact", ContactId=task) == ("ConflictException", 409)
    assert refused(lab.client, "PauseContact", ContactId=start()) == ("InvalidRequestException", 400)
    assert refused(lab.client, "PauseContact", ContactId="none") == ("ResourceNotFoundException", 404)
    flow = {"ContactId": lab.task(), "ContactFlowId": "none"}
    assert refused(lab.client, "PauseContact", **flow) == ("ResourceNotFoundException", 404)


def test_a_task_is_transferred_to_one_agent(lab):
    lab.sign_in()
    task = lab.task()
    made = lab.client("TransferContact", ContactId=task, ContactFlowId=lab.plain, UserId=lab.user)
    moved = lab.contact(made["ContactId"])
    assert (moved["InitiationMethod"], moved["AgentInfo"]["Id"]) == ("TRANSFER", lab.user)


def test_a_flow_that_was_only_saved_starts_no_contact(lab, refused):
    draft = lab.make("Draft", lab.to_target, Status="SAVED")
    start = {"ContactFlowId": draft, "Name": "t"}
    assert refused(lab.client, "StartTaskContact", **start) == ("ResourceNotFoundException", 404)
    lab.client("UpdateContactFlowContent", ContactFlowId=draft, Content=lab.to_target)
    assert lab.client("StartTaskContact", **start)["ContactId"]
