"""The search for the highest rate that the limits carry."""
