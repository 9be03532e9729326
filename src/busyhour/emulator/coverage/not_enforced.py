"""Quotas of the table that the emulator does not enforce, each with the reason: data for the coverage page.

With `enforced` it covers every quota of the table that is not an API rate; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping

UNSERVED: Mapping[str, tuple[str, ...]] = {
    "What it counts cannot be made here: no operation for it is served": (
        "connect.concurrent-active-emails-per-instance",
        "connect.email-addresses-per-instance",
        "connect.additional-email-addresses-per-queue",
        "connect.reports-per-instance",
        "connect.scheduled-reports-per-instance",
        "connect.data-tables-per-instance",
        "connect.values-per-data-table",
        "connect.workspaces-per-instance",
        "connect.notifications-per-instance",
        "connect.active-external-recording-sessions-per-instance",
        "connect.contact-lens-connectors-per-account",
        "connect.external-voice-transfer-connectors-per-account",
        "connect.concurrent-test-case-executions",
        "connect.test-case-execution-queue",
        "connect.test-case-execution-duration",
        "connect-campaigns.active-campaigns-per-instance",
        "connect-campaigns.total-campaigns-per-instance",
        "lambda.elastic-network-interfaces-per-vpc",
    ),
    "Nothing is analysed: conversations here have no sound and no words": (
        "connect.concurrent-real-time-calls-with-analytics",
        "connect.concurrent-post-call-analytics-jobs",
        "connect.concurrent-chat-analytics-jobs",
        "connect.concurrent-automated-interaction-analytics-jobs",
        "connect.concurrent-post-contact-agent-conversation-summary-jobs",
    ),
    "Every bot exists, and none calls a function; RecognizeUtterance is not served": (
        "lex.bots-per-account-v2",
        "lex.concurrent-voice-conversations-recognize-utterance",
        "lex.lambda-input-size",
        "lex.lambda-output-size",
    ),
    "Kinesis is moto's, without limits": (
        "kinesis.shards-per-region",
        "kinesis.shard-write",
        "kinesis.shard-read",
        "kinesis.new-on-demand-stream-write",
    ),
}
"""Keys of quotas by the reason why they are not enforced."""
