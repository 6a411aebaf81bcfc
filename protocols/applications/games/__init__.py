"""Protocols of two parties and their proofs: device-independent keys, tests, money, position."""
