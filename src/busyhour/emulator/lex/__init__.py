"""Lex V2 inside the emulator: limits of concurrent conversations, bots that recognise intents by name."""
