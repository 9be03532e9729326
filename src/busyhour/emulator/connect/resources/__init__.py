"""Resources of an instance: kinds, create, describe, list, update, delete."""
