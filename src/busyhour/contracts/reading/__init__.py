"""Files, templates and embedded flows -> documents with positions."""
