"""What is known to differ from AWS: data for the coverage page, by botocore's name of the service."""

from __future__ import annotations

from collections.abc import Mapping

EVERYWHERE: tuple[str, ...] = (
    "Signatures are read and not verified, unless `--auth` asks for it; then SigV4 in headers and in presigned URLs, "
    "and a session token counts as valid. IAM policies are not looked at.",
    "HTTP/1.1 without TLS. One account, one Region; requests for another Region are answered all the same.",
    "A fault that was asked for, a table of the account and an admin request are things that AWS does not have.",
)

DIFFERENCES: Mapping[str, tuple[str, ...]] = {
    "connect": (
        "What StartOutboundVoiceContact answers while the concurrent-calls quota is full AWS does not document: here "
        "it is accepted and ends with TELECOM_PROBLEM; see `--over-quota`.",
        "The calls per second behind ThrottledCalls are not documented and not enforced. CallRecordingUploadError has "
        "no data: nothing is recorded.",
        "Counting metrics are 0 while nothing happens; AWS reports nothing then. CloudWatch data has a resolution of "
        "one second.",
        "Numbers under +1 are not told apart by country. Without `--number`, the first use of a source number claims it.",
        "A ClientToken is remembered for 7 days, up to a million of them; of ended contacts the last 200,000 (AWS: 24 "
        "months).",
        "Contacts in progress end with the emulator; `--state` does not keep them.",
        "Search filters, predefined attributes, views, evaluations, rules, cases, Wisdom and test cases are not served.",
    ),
    "connectparticipant": ("Chat is polled with GetTranscript: there is no websocket.",),
    "lambda": (
        "Python only, by the interpreter that runs the emulator, whatever `Runtime` says; other runtimes through a URL "
        "(`--function NAME=URL`). Layers are not attached; no images, S3 code, VPCs, event source mappings or destinations.",
        "CPU does not grow with memory. Memory is looked at every 50 ms and at the end of an invocation.",
        "At most 8 worker processes run at once, whatever the concurrency; who waits for one is counted in "
        "Busyhour/Emulator WorkerWait. How long AWS keeps an idle environment is not published: 10 minutes here.",
        "The function's log has the text format, whatever LoggingConfig and AWS_LAMBDA_LOG_FORMAT say. Background threads "
        "of a handler run on between invocations; AWS freezes them.",
        "A function behind a URL is not stopped at its timeout: only its connection is closed.",
        "Provisioned concurrency and concurrency of recursive loops are not modelled.",
    ),
    "dynamodb": (
        "What an operation means is moto's; the same generated sequences get the same answers from moto's own server.",
        "A write is charged to global secondary indexes with its answer, and refused while one of them is in debt; writes "
        "to local ones are not charged. Partitions do not split by size or by heat; adaptive capacity is not modelled.",
        "A new table has no burst credit, as at AWS; how much a restored one has is not kept.",
        "CreateTable, UpdateTable and DeleteTable are over at once, unless `--table-delay` says how long each takes; a "
        "change is in force from its beginning. Capacity decreases are counted by the day, not held apart by the hour.",
        "An item is refused above 405,000 bytes (AWS: 409,600); a number above 9.99e125 is taken. How many "
        "operators and operands an expression has is not held, nor that names of tables have three characters.",
        "PartiQL statements are not charged.",
        "Streams, exports, imports and DAX are not served; items of a table whose TTL is over stay.",
    ),
    "lexv2-runtime": (
        "Every bot exists. A text that is a name (`OrderStatus`) is that intent, any other the FallbackIntent; there "
        "are no messages and no slots. An answer takes 0.25 s.",
        "In flows the scenario says what callers want; Lex decides only whether there is room and how slow it is.",
        "RecognizeUtterance and StartConversation are not served over HTTP. The SDK for JavaScript speaks HTTP/2 to Lex: "
        "give its client a NodeHttpHandler.",
    ),
    "service-quotas": (
        "An increase of up to four times the value is approved by itself, a larger one opens a case; AWS publishes no "
        "such rule. `--increase-delay` and `--case-delay` say how long each takes, POST /_busyhour/increases decides.",
        "GetCurrentMetricData, GetMetricDataV2 and GetCurrentUserData are shown with 200, as AWS does; enforced is the "
        "documented value.",
        "With `--account new` only values that were applied are told; concurrent calls begin at 0 and Lambda's "
        "concurrency at 10. AWS says that values may be lower and not by how much.",
        "Templates, utilisation reports and automatic management are not served.",
    ),
    "cloudwatch": (
        "Metric math and trimmed statistics are refused. Alarms, dashboards and PutMetricData are not served.",
    ),
}
