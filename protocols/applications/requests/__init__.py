"""Requests for entanglement as link layers know them, and what answers them."""
