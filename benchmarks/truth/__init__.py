"""The truth table: many plans in four ways side by side; see docs/truth.md."""
