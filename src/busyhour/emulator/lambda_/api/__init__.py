"""Lambda's API: functions, versions, invocations."""
