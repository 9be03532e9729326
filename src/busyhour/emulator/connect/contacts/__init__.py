"""Contacts: start, life cycle, events, record, chat."""
