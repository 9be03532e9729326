"""The search for calls that cover branches or break an invariant."""
