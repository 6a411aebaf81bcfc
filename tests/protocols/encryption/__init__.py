"""Encryption devices under test, with real KMEs in this process."""
