"""CloudWatch: metrics that the emulator measured, over the protocols that clients use."""
