"""The load side: callers on an open-model schedule, driven by Locust in a process of its own."""
