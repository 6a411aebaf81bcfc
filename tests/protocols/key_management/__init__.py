"""Tests of repeaters, key distribution, key rates, post-processing and planning."""
