"""CloudWatch: metrics measured by the emulator, over the protocols that clients use."""
