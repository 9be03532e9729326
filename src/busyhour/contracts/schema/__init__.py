"""JSON Schemas of action types: loaded, validated, and violations put in words."""
