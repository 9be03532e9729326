"""The world of an explored call: answers of callers, functions and queues, settled on first read."""
