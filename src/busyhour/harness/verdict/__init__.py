"""The verdict on a run: objectives, what the test can reach, what it showed."""
