"""Peers of a node: calls between key management entities over mutual TLS, and what each knows."""
