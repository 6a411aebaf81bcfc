"""Benchmarks: ratios against something run beside them, never asserted in a timed test."""
