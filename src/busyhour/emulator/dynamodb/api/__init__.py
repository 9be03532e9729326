"""DynamoDB operations: requests, responses, limits of a request and of a table."""
