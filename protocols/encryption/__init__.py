"""Encryption devices: records under delivered keys, gateways for TCP traffic, consumers of keys."""
