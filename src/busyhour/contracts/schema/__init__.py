"""JSON Schemas of action types: loading, validation, messages for violations."""
