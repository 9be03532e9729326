"""An instance of Amazon Connect, read into a project: resources, references, differences, a first scenario."""
