"""The public surface, which a team may import: rules, invariants, load users, runs and the emulator in process. See docs/api.md.

Each module names its part in `__all__`; every other name may change without notice.
"""
