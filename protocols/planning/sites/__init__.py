"""Sites of a network plan: where they are, which spans join them, and who needs key."""
