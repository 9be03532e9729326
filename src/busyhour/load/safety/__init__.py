"""Permits and endpoints: which targets may be driven."""
