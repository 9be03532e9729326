"""Lex V2 inside the emulator: how many conversations there may be at once, and bots that know intents by their names."""
