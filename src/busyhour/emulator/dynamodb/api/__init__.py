"""DynamoDB operations: requests, answers, limits of a request and of a table."""
