"""Reservation in a network: memories that are booked, who waits for them, and how routes serve."""
