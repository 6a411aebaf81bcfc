"""Protocols of several parties: keys, secrets, elections, agreement and anonymous messages."""
