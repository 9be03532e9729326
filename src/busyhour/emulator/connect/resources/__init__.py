"""Resources of an instance: kinds, flow content, hours, allowed countries."""
