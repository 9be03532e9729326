"""DynamoDB inside the emulator: moto's backend for what operations mean, DynamoDB's throughput for how many."""
