"""Tests of configurations of other programs."""
