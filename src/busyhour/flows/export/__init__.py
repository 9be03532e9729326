"""Files of the console and the API -> flows, in both formats."""
