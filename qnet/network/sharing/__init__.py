"""Sharing in a network: pairs that are made all the time, swapped and stored for whoever asks."""
