"""Known differences from AWS: data for the coverage page, by botocore's name of the service."""

from __future__ import annotations

from collections.abc import Mapping

EVERYWHERE: tuple[str, ...] = (
    "Signatures are read and not verified, unless `--auth` is given; then SigV4 in headers and in presigned URLs, "
    "and a session token counts as valid. IAM policies are not evaluated.",
    "HTTP/1.1 without TLS. One account, one Region; requests for another Region are served by it.",
    "Injected faults, the account's tables and admin requests do not exist in AWS.",
)

DIFFERENCES: Mapping[str, tuple[str, ...]] = {
    "connect": (
        "AWS does not document the response of StartOutboundVoiceContact while the concurrent-calls quota is full: here "
        "it is accepted and ends with TELECOM_PROBLEM; see `--over-quota`.",
        "The calls per second behind ThrottledCalls are not documented and not enforced. CallRecordingUploadError has "
        "data where a fault is injected: nothing is recorded.",
        "Counting metrics are 0 while nothing happens; AWS reports nothing then. CloudWatch data has a resolution of "
        "one second.",
        "Rules that the API reference states without an error are refused as InvalidRequestException where members of a request "
        "exclude or need each other, as the service answers a CreateUser without a password, else as InvalidParameterException: users, "
        "task templates and tasks, chats, metrics, overrides of hours, proficiencies, views, rules, forms, integrations, released "
        "numbers. One request against each rule would show its error.",
        "A time zone that the tz database does not have is refused as InvalidParameterException, which no page states. One "
        "CreateHoursOfOperation would show it.",
        "The model of UpdatePrompt has no DuplicateResourceException for a name in use: InvalidParameterException here. One "
        "such request to AWS would show it.",
        "Not documented: that UpdateContactFlowContent without `:$SAVED` publishes a flow that was only saved, that a version with "
        "an alias cannot be deleted, and how `$LATEST` and aliases are written in flow ids. A session with versions would show it.",
        "A flow that was only saved starts no contact. AWS documents no error: "
        "ResourceNotFoundException here, and a transfer to it takes the Error branch. One StartChatContact with such a flow would "
        "show it.",
        "UpdateContactRoutingData acts on contacts that wait in a queue, and is refused for others; GetContactMetrics has the position "
        "and no estimated wait. UpdateContact does not change what a flow in progress reads.",
        "PauseContact and ResumeContact: the error of each state is not documented (ConflictException here); a resumed task goes "
        "to the end of its queue, and no flow for pauses runs. A paused task of AWS would show it.",
        "The event of a function has the subtype connect:PSTN for telephone calls, as a published one has; contact records have "
        "connect:Telephony. A record and an event of one call would show it.",
        "GetMetricData has no values for OCCUPANCY, HOLD_TIME, CALLBACK_CONTACTS_HANDLED and transfers between queues: no agent holds "
        "or calls back, and a contact that moves to another queue stays one. GetCurrentUserData has neither hierarchy groups nor the start of a status.",
        "GetMetricDataV2: errors of invalid requests are not documented: InvalidParameterException here. One invalid request of "
        "each kind would show it. Results of a span are computed at once; AWS's follow with a delay.",
        "Flow logs: the texts of a function that timed out or answered what Connect does not take are in no published entry; an "
        "entry before a function or a bot, which AWS's page names, is not written. A log of such a call would show both.",
        "TrafficType CAMPAIGN is accepted in every account; AWS's error for an account without an allowance is not documented. One "
        "such request would show it. Agents accept every contact that they are offered, unless the fault `missed_calls` is active: then an agent "
        "of a routing profile is unavailable until the status is set again, an agent of a scenario takes the next contact.",
        "DISCONNECTED events have disconnectReason in every channel; AWS's page names it for campaign calls only. An event of an "
        "ordinary call would show whether it has one. Events arrive once and in order; AWS's may be lost, late or repeated.",
        "Contact records have neither recordings nor holds: nothing is recorded, and no agent puts a caller on hold. Agents that a "
        "scenario staffs have the first routing profile of the instance.",
        "Numbers under +1 are not distinguished by country. Without `--number`, the first use of a source number claims it.",
        "A ClientToken is remembered for 7 days, up to a million of them; of ended contacts the last 200,000 (AWS: 24 "
        "months).",
        "Contacts in progress end with the emulator; `--state` does not keep them.",
        "Searches compare without regard to case; conditions on proficiencies and hierarchy groups are refused. A search of AWS "
        "for a name in other letters would show it.",
        "Of two overrides of hours of the same rank the newer applies, and one without times for a weekday closes it; the guide "
        "documents neither. GetEffectiveHoursOfOperations of such days would show it.",
        "Traffic distribution groups keep their shares and route nothing: the emulator is one Region.",
        "Flows reach functions and bots that are not associated with the instance, as CreateContactFlow does not look them up; in "
        "AWS a call to such a function fails.",
        "Storage configurations, security keys, origins, integrations, predefined attributes, views and rules are kept and "
        "returned: nothing is stored in a bucket, no rule runs, no view is shown. So are evaluation forms and vocabularies: nothing is "
        "evaluated or transcribed. LastModifiedBy of a rule or a form is the root of the account. Permissions of security profiles are "
        "listed as they were given; the instance's own profiles have none. Contact evaluations, cases, Wisdom and test cases are not "
        "supported.",
        "Of CloudFormation's and Terraform's resources of Connect, DataTable, DataTableAttribute, DataTableRecord, EmailAddress, "
        "Notification and Workspace cannot be created; an AgentStatus cannot be deleted, in AWS either. Every other can be created, "
        "read and, where AWS has an operation for it, deleted.",
        "ResourceId and FlowId of flow associations are ARNs; the reference calls them identifiers. One ListFlowAssociations would "
        "show it.",
    ),
    "connectparticipant": ("Chat is polled with GetTranscript: there is no websocket.",),
    "lambda": (
        "Python only, in the interpreter that runs the emulator, regardless of `Runtime`; other runtimes through a URL "
        "(`--function NAME=URL`). Layers are not attached; no images, S3 code, VPCs, event source mappings or destinations.",
        "CPU does not grow with memory. Memory is measured every 50 ms and at the end of an invocation.",
        "At most 8 worker processes run at once, even if more invocations are admitted; waiting invocations are counted in "
        "Busyhour/Emulator WorkerWait. How long AWS keeps an idle environment is not published: 10 minutes here.",
        "The function's log has the text format, regardless of LoggingConfig and AWS_LAMBDA_LOG_FORMAT. Background threads "
        "of a handler continue between invocations; AWS freezes them.",
        "A function behind a URL is not stopped at its timeout: only its connection is closed.",
        "Provisioned concurrency is kept and listed, and keeps no environment warm; recursive loops are not detected.",
    ),
    "dynamodb": (
        "moto defines the results of operations; the same generated sequences get the same responses from moto's own server, but for "
        "queries on an index that is not there, and keys of another type, which are refused as DynamoDB does.",
        "A write is charged to global secondary indexes after its response, and rejected while one of them is in debt; writes "
        "to local ones are not charged. Partitions do not split by size or by heat; adaptive capacity is not modelled.",
        "A new table has no burst credit, as in AWS; that of a restored one is not stored.",
        "CreateTable, UpdateTable and DeleteTable complete at once, unless `--table-delay` gives the time of each; a "
        "change is in force from its beginning. Capacity decreases are counted by the day, not limited by the hour.",
        "An item is rejected above 405,000 bytes (AWS: 409,600); a number above 9.99e125 is accepted. The number of "
        "operators and operands of an expression is not limited.",
        "PartiQL statements are not charged.",
        "Streams, exports, imports and DAX are not supported; items of a table with an expired TTL remain.",
    ),
    "lexv2-runtime": (
        "Every bot exists. A text that is a name (`OrderStatus`) is that intent, any other the FallbackIntent; there "
        "are no messages and no slots. A response takes 0.25 s.",
        "In flows the scenario determines what callers want; Lex only determines admission and delay.",
        "RecognizeUtterance and StartConversation are not served over HTTP. The SDK for JavaScript speaks HTTP/2 to Lex: "
        "give its client a NodeHttpHandler.",
    ),
    "service-quotas": (
        "An increase of up to four times the value is approved automatically, a larger one opens a case; AWS publishes no "
        "such rule. `--increase-delay` and `--case-delay` set how long each takes, POST /_busyhour/increases decides.",
        "GetCurrentMetricData, GetMetricDataV2 and GetCurrentUserData are shown with 200, as AWS does; enforced is the "
        "documented value.",
        "With `--account new` only applied values are returned; concurrent calls start at 0 and Lambda's "
        "concurrency at 10. AWS documents that values may be lower, without figures.",
        "Templates, utilisation reports and automatic management are not served.",
    ),
    "cloudwatch": (
        "Metric math and trimmed statistics are rejected. Dashboards and PutMetricData are not supported. Alarms on one metric are kept "
        "and described, until the emulator ends; they are not evaluated and have no request rate.",
    ),
}
