"""Tests of satellites seen from the ground."""
