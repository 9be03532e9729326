"""DynamoDB inside the emulator: moto's backend for the results of operations, DynamoDB's throughput for their rates."""
