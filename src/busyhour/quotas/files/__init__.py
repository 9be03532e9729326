"""Read quota values from files: an account file with its date, and a team's overrides."""
