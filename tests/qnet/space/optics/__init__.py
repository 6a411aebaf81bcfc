"""Tests of the optical link between a satellite and the ground."""
