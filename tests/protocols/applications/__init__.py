"""Tests of applications of delivered entanglement."""
