"""Which branches a caller can take, and why others cannot be taken."""
