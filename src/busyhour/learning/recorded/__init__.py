"""What Connect and Lambda recorded: contact records, flow logs, reports of invocations."""
