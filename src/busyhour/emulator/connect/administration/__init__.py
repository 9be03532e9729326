"""Operations of administrators: searches, integrations, quick connects, templates, overrides of hours, traffic distribution."""
